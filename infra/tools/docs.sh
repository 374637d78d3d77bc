#!/usr/bin/env bash
# docs.sh <check|write|ran|test|run> [argument]...: the documents, held against what they name; docs.py says more. `run LEDGERKEEP` runs the
# blocks of the handbook's pages against a platform.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

if [ "${1-}" = run ]; then
  "$tools/system.sh" curl:curl jq:jq openssl:openssl
  bin=$("$tools/python.sh" requirements-clients)
  export PYTHONDONTWRITEBYTECODE=1
  exec "$bin/python" tests/docs/run_pages.py "$2"
fi
bin=$("$tools/python.sh" requirements)
export PYTHONDONTWRITEBYTECODE=1
if [ "${1-}" = test ]; then
  exec "$bin/python" -m unittest discover -s tests/docs
fi
exec "$bin/python" "$tools/docs.py" "$@"
