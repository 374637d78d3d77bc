#!/usr/bin/env bash
# deploy.sh <environment or stack of samconfig.toml> [--yes] [--dry-run] [--unchecked-quotas]: deploys an environment's stacks in the order of
# samconfig.toml, or one of them. What stands and has not changed is passed over, so that a deployment that failed goes on
# where it was. Each change set is shown and asked about, unless --yes is given; --dry-run only says what would be done. First the
# account's quotas are compared with what the environment needs; where they cannot be asked for, --unchecked-quotas goes on without.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

[ -n "${1-}" ] || die 'which environment? make deploy ENV=<one of samconfig.toml>'
"$tools/system.sh"
bin=$("$tools/python.sh" requirements)
# A `sam` that the caller names is taken instead; the tests have one that only writes down what it is asked.
export SAM=${SAM:-$bin/sam} BUILD=${BUILD:-$tools/build.sh}
exec "$bin/python" "$tools/deploy.py" "$@"
