#!/usr/bin/env bash
# Builds every Lambda function into target/lambda/<function>/bootstrap, where the templates look for it. The same sources make the
# same bytes, wherever they lie, and `sam` makes the same zip of the same bytes: what has not changed is not deployed again, and
# whoever doubts what runs builds it anew and compares.
#   ARCH       arm64 (the default, as in the templates) or x86_64; the templates' parameter Architecture must say the same
#   PROFILE    release (the default) or ship, which takes longer and runs faster
#   FUNCTIONS  names of functions, for these only; they replace nothing else that is built
#   OUTPUT     where they are put instead of target/lambda
#   BARE       1: beside them, the function that does nothing, which starts are measured against
#   VERIFY     1: builds once more, from a copy of the sources in another place, and compares every zip
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

arch=${ARCH:-arm64} profile=${PROFILE:-release} output=${OUTPUT:-$root/target/lambda}
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

if [ -n "${FUNCTIONS:-}" ]; then
  what=("${deployed[@]}")
  for function in $FUNCTIONS; do
    what+=(--bin "$function")
  done
else
  what=("${deployed[@]}" --bins)
  # Functions that no longer exist must not be deployed.
  rm -rf "$output"
fi

"$tools/portal.sh"

# compile <sources> <target folder> <output> <what>...: with every path of this machine called by another name, in what Rust and C
# compilers write down, and without an id that a linker makes up.
compile() {
  local rust='' c='' pair
  for pair in "$1=/ledgerkeep" "$2=/target" "${CARGO_HOME:-$HOME/.cargo}=/cargo" "$(rustc --print sysroot)=/rust"; do
    rust+=" --remap-path-prefix=$pair"
    c+=" -ffile-prefix-map=$pair"
  done
  (
    cd "$1"
    CARGO_TARGET_DIR=$2 SOURCE_DATE_EPOCH=315532800 \
      RUSTFLAGS="$rust -Clink-arg=-Wl,--build-id=none" CFLAGS="$c" \
      cargo lambda build --locked --profile "$profile" "$flag" --lambda-dir "$3" "${@:4}"
  )
}

# hashes <folder>: each function and the hash of the zip that `sam deploy` makes of it.
hashes() {
  "$python" - "$1" <<'PYTHON'
import hashlib, pathlib, sys, tempfile
from samcli.lib.package.utils import make_zip
with tempfile.TemporaryDirectory() as folder:
    for function in sorted(pathlib.Path(sys.argv[1]).glob("*/bootstrap")):
        made = pathlib.Path(make_zip(f"{folder}/{function.parent.name}", str(function.parent)))
        print(hashlib.sha256(made.read_bytes()).hexdigest(), function.parent.name)
PYTHON
}

step "build functions ($arch, $profile)" compile "$root" "$CARGO_TARGET_DIR" "$output" "${what[@]}"
made=("$output"/*/bootstrap)
printf '%d functions in %s\n' "${#made[@]}" "$output"
if [ "${BARE:-}" = 1 ]; then
  step 'build the bare function' compile "$root" "$CARGO_TARGET_DIR" "$output" --package bare --bins
fi

if [ "${VERIFY:-}" = 1 ]; then
  python=$("$tools/python.sh" requirements)/python
  copy=$(mktemp -d)
  trap 'rm -rf "$copy"' EXIT
  mkdir "$copy/sources"
  git ls-files -z | xargs -0 cp --parents -t "$copy/sources"
  mkdir -p "$copy/sources/target"
  cp -r "$root/target/portal" "$copy/sources/target"
  # Where they were left from another build, they would be compared with themselves.
  step "build functions once more, in $copy" compile "$copy/sources" "$copy/target" "$copy/lambda" "${what[@]}"
  hashes "$copy/lambda" >"$copy/again"
  hashes "$output" | { grep -E " ($(cut -d' ' -f2 "$copy/again" | paste -sd'|'))$" || true; } >"$copy/first"
  diff "$copy/first" "$copy/again" || die 'the same sources made other bytes'
  cat "$copy/again"
  printf '%d functions were built twice, the zips are the same\n' "$(wc -l <"$copy/again")"
fi
