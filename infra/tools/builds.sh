#!/usr/bin/env bash
# Says how long the `ledgerkeep` command takes to build, from nothing and after a change of one line, each time up to a platform that
# answers. In a copy of the sources with a target folder of its own: nothing is disturbed, and nothing is there yet but what cargo downloads.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

"$tools/system.sh"
copy=$(mktemp -d)
server=''
finish() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$copy"
}
trap finish EXIT
mkdir "$copy/sources"
git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$copy/sources"
cd "$copy/sources"
export CARGO_TARGET_DIR=$copy/target
cargo fetch --locked --quiet

# measure <what>: builds, starts a platform, waits until it answers, ends it.
measure() {
  local began=$EPOCHREALTIME built ready=$copy/data/platform.json
  python3 "$tools/progress.py" cargo build --workspace --locked --bin ledgerkeep
  built=$EPOCHREALTIME
  rm -f "$ready"
  "$CARGO_TARGET_DIR/debug/ledgerkeep" serve --port 0 --data-dir "$copy/data" --root "$copy/sources" >"$copy/log" 2>&1 &
  server=$!
  until [ -e "$ready" ]; do
    kill -0 "$server" 2>/dev/null || die "the platform ended: $(cat "$copy/log")"
    sleep 0.1
  done
  awk -v what="$1" -v began="$began" -v built="$built" -v now="$EPOCHREALTIME" \
    'BEGIN { printf "%-40s built in %6.1f s, answers after %6.1f s\n", what, built - began, now - began }'
  kill "$server"
  wait "$server" 2>/dev/null || true
  server=''
}

# change <folder> <line>: one statement more behind a line that is in one file below the folder.
change() {
  local file
  file=$(grep -rlF --include='*.rs' "$2" "$1" | head -n 1)
  [ -n "$file" ] || die "no file below $1 has the line: $2"
  awk -v line="$2" '{ print } !done && index($0, line) { print "let _ = std::hint::black_box(0_u8);"; done = 1 }' \
    "$file" >"$copy/changed"
  cp "$copy/changed" "$file"
}

measure 'from nothing'
change shared/src 'pub fn from_lambda() ->'
measure 'one line in shared'
change functions/billing/src 'async fn handle('
measure 'one line in a handler'
