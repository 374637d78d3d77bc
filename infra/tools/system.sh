#!/usr/bin/env bash
# Checks for what neither cargo nor pip can bring (make, a C compiler, Python with venv, Rust with rustfmt and clippy)
# and, as root on Debian, installs what is missing; further arguments are commands that are needed, too, as <command>:<Debian's package>. AWS-LC and SQLite need no more than the C compiler: no cmake, no clang.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

compiles() {
  printf '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n' | cc -x c - -o /dev/null 2>/dev/null
}
python_will_do() {
  python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

missing=()
command -v make >/dev/null || missing+=(make)
compiles || missing+=(gcc libc6-dev)
python_will_do || missing+=(python3 python3-venv)
for also in "$@"; do
  command -v "${also%%:*}" >/dev/null || missing+=("${also#*:}")
done
if ((${#missing[@]})); then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    die "missing: ${missing[*]} (Debian's names); install them, or run this as root on Debian"
  fi
  step "install ${missing[*]}" env DEBIAN_FRONTEND=noninteractive sh -c \
    'apt-get update -q && apt-get install -qy --no-install-recommends "$@"' sh "${missing[@]}"
  compiles || die 'there is still no working C compiler called cc'
  python_will_do || die 'there is still no Python 3.11 or later with venv'
  for also in "$@"; do
    command -v "${also%%:*}" >/dev/null || die "there is still no ${also%%:*}"
  done
fi

command -v cargo >/dev/null || die 'missing: cargo; install Rust with rustup (the oldest version that will do stands in Cargo.toml)'
cargo fmt --version >/dev/null 2>&1 || die 'missing: rustfmt; run: rustup component add rustfmt'
cargo clippy --version >/dev/null 2>&1 || die 'missing: clippy; run: rustup component add clippy'
