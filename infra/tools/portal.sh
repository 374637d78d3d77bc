#!/usr/bin/env bash
# Builds the portal (functions/portal/web) into target/portal, where the crate takes it from; nothing is done where it has been built of
# the same sources. Without Node, which comes from PyPI, the crate has a page that says so.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

web=functions/portal/web contract=functions/tenancy/all.json built=$root/target/portal
bin=$("$tools/node.sh" "$web")
# Where compilers look for packages, from wherever below.
ln -sfn "$(dirname "$bin")" node_modules
# Everything that decides what is built.
words=(functions/risk/src/attributes.rs shared/rules/src/tree.rs)
made=$(find "$web" "$contract" "${words[@]}" -type f ! -name contract.d.ts ! -path '*/node_modules/*' | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -c1-64)
if [ -e "$built/manifest.json" ] && [ "$(cat "$built/sources" 2>/dev/null)" = "$made" ]; then
  exit 0
fi
step 'portal: types' "$bin/node" "$web/build.mjs" "$contract" "$built" types
step 'portal: tsc' "$bin/node" "$bin/tsc" -p "$web"
step 'portal: build' "$bin/node" "$web/build.mjs" "$contract" "$built"
printf '%s' "$made" >"$built/sources"
