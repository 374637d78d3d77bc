#!/usr/bin/env bash
# deploy.sh <environment> [argument of sam deploy]...: builds the functions and deploys template.yaml as samconfig.toml says.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

environment=${1-}
[ -n "$environment" ] || die 'which environment? make deploy ENV=<one of samconfig.toml>'
"$tools/system.sh"
[ -e samconfig.toml ] || die 'there is no samconfig.toml, so there is nothing to deploy to'
known=$(python3 -c '
import tomllib
with open("samconfig.toml", "rb") as file:
    config = tomllib.load(file)
print(*(name for name, value in config.items() if isinstance(value, dict) and "deploy" in value))')
[[ " $known " == *" $environment "* ]] || die "samconfig.toml has no environment \"$environment\" with [$environment.deploy.parameters]; it has: $known"
# `sam deploy` would silently prefer what an earlier `sam build` left there.
[ ! -e .aws-sam/build/template.yaml ] || die 'remove .aws-sam first: what is deployed is what make build puts into target/lambda'
shift

bin=$("$tools/python.sh" requirements)
"$tools/build.sh"
step "deploy to $environment" "$bin/sam" deploy --config-env "$environment" "$@"
