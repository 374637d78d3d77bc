#!/usr/bin/env bash
# ledgerkeep.sh [argument]...: builds the `ledgerkeep` command and runs it with the arguments.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

"$tools/system.sh"
step 'build ledgerkeep' cargo build --workspace --bin ledgerkeep
exec "$CARGO_TARGET_DIR/debug/ledgerkeep" "$@"
