#!/usr/bin/env bash
# Builds every Lambda function for this machine, as `make build` does for the one it is deployed to, and the bare one beside them.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

step 'build release binaries' cargo build --locked --release "${deployed[@]}" --bins
# It has next to nothing in common with them.
step 'build the bare function' cargo build --locked --release --package bare --bins
