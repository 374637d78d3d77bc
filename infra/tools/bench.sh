#!/usr/bin/env bash
# bench.sh [argument of `ledgerkeep bench`]...: measures and writes target/bench.json. Everything that is measured is a release
# build; the suite that calls every endpoint is not, as the platform itself says how long each call took.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

"$tools/system.sh"
"$tools/binaries.sh"
step 'build ledgerkeep (release)' cargo build --locked --release --workspace --bin ledgerkeep
step 'build the suite' cargo build --locked --workspace --test it
mkdir -p target
LEDGERKEEP_BENCH=$root/target/bench-endpoints.json LEDGERKEEP_BIN=$CARGO_TARGET_DIR/release/ledgerkeep \
  step 'call every endpoint' cargo test --locked --workspace --test it -- --ignored latency
exec "$CARGO_TARGET_DIR/release/ledgerkeep" bench --binaries "$functions" \
  --endpoints target/bench-endpoints.json --json target/bench.json "$@"
