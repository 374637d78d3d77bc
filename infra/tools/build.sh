#!/usr/bin/env bash
# Builds every Lambda function into target/lambda/<function>/bootstrap, where the templates look for it.
#   ARCH     x86_64 (the default) or arm64; must be what the templates say
#   PROFILE  release (the default) or ship, which takes longer and runs faster
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

arch=${ARCH:-x86_64}
case $arch in
x86_64) flag=--x86-64 target=x86_64-unknown-linux-gnu other=arm64 ;;
arm64) flag=--arm64 target=aarch64-unknown-linux-gnu other=x86_64 ;;
*) die "ARCH is x86_64 or arm64, not $arch" ;;
esac
if [ -e template.yaml ] && grep -sA 2 'Architectures:' template.yaml infra/*.yaml | grep -qw "$other"; then
  die "the templates ask for $other: ARCH=$other"
fi

"$tools/system.sh"
bin=$("$tools/python.sh" requirements-build)
export PATH=$bin:$PATH

has_target() {
  [ -d "$(rustc --print sysroot)/lib/rustlib/$target/lib" ]
}
if ! has_target; then
  command -v rustup >/dev/null || die "missing: Rust's standard library for $target"
  step "rust target $target" rustup target add "$target"
fi

# Functions that no longer exist must not be deployed.
rm -rf target/lambda
step "build functions ($arch, ${PROFILE:-release})" \
  cargo lambda build --locked --profile "${PROFILE:-release}" "$flag" --lambda-dir "$root/target/lambda" \
  --workspace --exclude ledgerkeep --exclude end-to-end --bins
functions=(target/lambda/*/bootstrap)
printf '%d functions in target/lambda\n' "${#functions[@]}"
