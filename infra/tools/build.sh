#!/usr/bin/env bash
# Builds every Lambda function into target/lambda/<function>/bootstrap, where the templates look for it.
#   ARCH     arm64 (the default, as in the templates) or x86_64; the templates' parameter Architecture must say the same
#   PROFILE  release (the default) or ship, which takes longer and runs faster
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

arch=${ARCH:-arm64}
case $arch in
arm64) flag=--arm64 target=aarch64-unknown-linux-gnu ;;
x86_64) flag=--x86-64 target=x86_64-unknown-linux-gnu ;;
*) die "ARCH is arm64 or x86_64, not $arch" ;;
esac

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
  --workspace --exclude bare --exclude ledgerkeep --exclude end-to-end --bins
functions=(target/lambda/*/bootstrap)
printf '%d functions in target/lambda\n' "${#functions[@]}"
