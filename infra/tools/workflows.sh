#!/usr/bin/env bash
# workflows.sh: GitHub's schema and what is unsafe (actions without a hash, permissions, injections), offline.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

bin=$("$tools/python.sh" requirements-supply)
"$bin/check-jsonschema" --builtin-schema vendor.github-workflows .github/workflows/*.yml
"$bin/zizmor" --offline --no-progress --persona pedantic .github/workflows
