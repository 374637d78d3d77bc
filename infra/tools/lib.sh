# shellcheck shell=bash
# Sourced by the scripts beside it: where things are kept, and how a step is run.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck disable=SC2034 # used by the scripts
tools=$root/infra/tools
cache=${LEDGERKEEP_CACHE:-$HOME/.cache/ledgerkeep}
cd "$root"

# What is deployed: the packages below functions/ that have binaries, by their names. The rest of the workspace asks more of the same
# dependencies, and would make them larger here, too.
# shellcheck disable=SC2034 # used by the scripts
deployed=()
for bins in functions/*/src/bin; do
  deployed+=(--package "$(sed -n '0,/^name = "\(.*\)"$/s//\1/p' "${bins%/src/bin}/Cargo.toml")")
done

# Where they are put when they are built for this machine, to be driven and measured.
# shellcheck disable=SC2034 # used by the scripts
functions=$cache/functions

# Nothing that is built lands in the clone, except `target/lambda`, which the templates name, and `target/portal`, which a crate takes in.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$cache/build}
export PATH=$cache/tools/bin:$PATH
# `sam` must neither report home nor ask for a region.
export SAM_CLI_TELEMETRY=0
export AWS_DEFAULT_REGION=${AWS_DEFAULT_REGION:-eu-west-1}

die() {
  printf '%s\n' "$*" >&2
  exit 1
}

# step <name> <command> [argument]...: says what runs, runs it, says how long it took.
step() {
  local name=$1 began=$SECONDS
  shift
  printf '== %s\n' "$name"
  "$@"
  printf '== %s: ok, %d s\n' "$name" $((SECONDS - began))
}

# Only one process at a time installs; the others wait and find it done.
only_one() {
  mkdir -p "$cache"
  exec 9>"$cache/install.lock"
  if command -v flock >/dev/null; then
    flock 9
  fi
}
