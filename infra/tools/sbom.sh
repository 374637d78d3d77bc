#!/usr/bin/env bash
# sbom.sh: writes a bill of materials (CycloneDX 1.6) for each service into target/sbom, validated.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

bin=$("$tools/python.sh" requirements-supply)
rm -rf target/sbom
"$bin/python" "$tools/sbom.py" target/sbom
