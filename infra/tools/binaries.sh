#!/usr/bin/env bash
# Builds every Lambda function for this machine, as `make build` does for the one it is deployed to, and the bare one beside them.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

case $(uname -m) in
aarch64) arch=arm64 ;;
*) arch=x86_64 ;;
esac
ARCH=$arch OUTPUT=$functions BARE=1 "$tools/build.sh"
