#!/usr/bin/env bash
# python.sh <set>: prints the `bin` of a Python environment that holds the tools of <set>.lock, made first if there is none.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

# The name of a requirements file beside this script, without its ending.
set_name=${1:?which set of requirements, by the name of its file}
wanted=$tools/$set_name.txt
lock=$tools/$set_name.lock

# The lock must say what the list says.
while read -r pin; do
  grep -qF "$pin " "$lock" || die "$set_name.lock has no $pin: make the lock again, as $set_name.txt says"
done < <(grep -oE '^[a-z][a-z0-9-]*==[^ ]+' "$wanted")

venv=$cache/venv-$(cat "$wanted" "$lock" | sha256sum | cut -c1-16)
if [ ! -e "$venv/complete" ]; then
  {
    "$tools/system.sh"
    only_one
    if [ ! -e "$venv/complete" ]; then
      rm -rf "$venv"
      step "python environment ($set_name)" python3 -m venv "$venv"
      # --no-deps: the lock names every package, each with its hash.
      step "python packages ($set_name)" "$venv/bin/pip" install -q --disable-pip-version-check \
        --no-deps --require-hashes -r "$lock"
      "$venv/bin/pip" check >/dev/null
      touch "$venv/complete"
    fi
  } >&2
fi
printf '%s\n' "$venv/bin"
