#!/usr/bin/env bash
# docs.sh <check|write|ran|test> [argument]...: the documents of operations, held against what they name; docs.py says more.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

bin=$("$tools/python.sh" requirements)
export PYTHONDONTWRITEBYTECODE=1
if [ "${1-}" = test ]; then
  exec "$bin/python" -m unittest discover -s tests/docs
fi
exec "$bin/python" "$tools/docs.py" "$@"
