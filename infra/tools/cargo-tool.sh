#!/usr/bin/env bash
# cargo-tool.sh <name>: installs one tool of cargo-tools.txt, in the version named there, unless it is there already.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

name=${1:?which tool of cargo-tools.txt}
line=$(grep -E "^$name " "$tools/cargo-tools.txt") || die "cargo-tools.txt has no $name"
read -r _ version options <<<"${line%%#*}"

installed() {
  [ -x "$cache/tools/bin/$name" ] && grep -qs "^\"$name $version " "$cache/tools/.crates.toml"
}
if ! installed; then
  only_one
  if ! installed; then
    # A tool runs for seconds: what its own release profile spends on speed would cost minutes here.
    # shellcheck disable=SC2086 # options are words
    step "install $name $version" env \
      CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=0 \
      CARGO_PROFILE_RELEASE_DEBUG=false CARGO_TARGET_DIR="$cache/tools/build" \
      cargo install -q --root "$cache/tools" --locked --version "=$version" $options "$name"
    rm -rf "$cache/tools/build"
  fi
fi
