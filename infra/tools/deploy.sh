#!/usr/bin/env bash
# deploy.sh <environment> [argument of sam deploy]...: deploys what samconfig.toml has under that name; where that is
# template.yaml, the functions are built first, for the processor that the environment names.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

environment=${1-}
[ -n "$environment" ] || die 'which environment? make deploy ENV=<one of samconfig.toml>'
shift
"$tools/system.sh"
[ -e samconfig.toml ] || die 'there is no samconfig.toml, so there is nothing to deploy to'

# The template and the architecture of the environment.
read -r template arch < <(python3 - "$environment" <<'PYTHON'
import re, sys, tomllib
with open("samconfig.toml", "rb") as file:
    config = tomllib.load(file)
known = [name for name, value in config.items() if isinstance(value, dict) and "deploy" in value]
if sys.argv[1] not in known:
    sys.exit(f"samconfig.toml has no environment {sys.argv[1]!r}; it has: {', '.join(known)}")
given = config[sys.argv[1]]["deploy"].get("parameters", {})
overrides = given.get("parameter_overrides", [])
named = re.findall(r"\bArchitecture=\"?(\w+)", overrides if isinstance(overrides, str) else " ".join(overrides))
print(given.get("template_file", "template.yaml"), *(named[-1:] or ["arm64"]))
PYTHON
) || exit 1

if [ "$template" = template.yaml ]; then
  [ "${ARCH:-$arch}" = "$arch" ] || die "$environment runs on $arch, not on $ARCH: change Architecture in samconfig.toml first"
  ARCH=$arch "$tools/build.sh"
fi
bin=$("$tools/python.sh" requirements)
# Both files are named: sam would rather take what an earlier `sam build` left behind, and look for samconfig.toml beside the
# template.
step "deploy $template to $environment" "$bin/sam" deploy --config-env "$environment" \
  --config-file "$root/samconfig.toml" --template-file "$template" "$@"
