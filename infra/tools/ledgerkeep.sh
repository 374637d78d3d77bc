#!/usr/bin/env bash
# ledgerkeep.sh [argument]...: builds the `ledgerkeep` command and runs it with the arguments. It can be called by its name afterwards.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

"$tools/system.sh"
# Without Node and npm, as without a network, everything else works.
"$tools/portal.sh" || echo 'the portal is not built: a page says so'
step 'build ledgerkeep' python3 "$tools/progress.py" cargo build --workspace --bin ledgerkeep
built=$CARGO_TARGET_DIR/debug/ledgerkeep
mkdir -p "$cache/bin"
ln -sfn "$(realpath "$built")" "$cache/bin/ledgerkeep"
if [ "$(command -v ledgerkeep || true)" != "$cache/bin/ledgerkeep" ]; then
  # shellcheck disable=SC2016 # for whoever reads it
  printf 'to call ledgerkeep by its name: export PATH="%s:$PATH"\n' "$cache/bin"
fi
exec "$built" "$@"
