#!/usr/bin/env bash
# fuzz.sh [target]...: libFuzzer on the targets named, or on all, FUZZ_SECONDS (300) each. What it has found to be of use is kept
# in the cache and gone on from; what breaks a target is left in target/fuzz, and run alone by
#   FUZZ_TARGET=<target> $FUZZ <file>
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

"$tools/system.sh"
command -v c++ >/dev/null || die 'missing: a C++ compiler called c++, which libFuzzer is built with (g++ in Debian)'
host=$(rustc -vV | sed -n 's/^host: //p')
# What cargo-fuzz passes for coverage, all of it known to a stable compiler; sanitizers alone are not, and find little in safe code.
# A target of its own keeps build scripts and macros free of it.
flags='--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4'
flags+=' -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table'
flags+=' -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=16'
build=$cache/fuzz/build corpus=$cache/fuzz/corpus found=$root/target/fuzz
step 'build the targets for libFuzzer' env RUSTFLAGS="$flags" CARGO_TARGET_DIR="$build" \
  CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS=true CARGO_PROFILE_RELEASE_OPT_LEVEL=2 \
  cargo build -q --release --locked --target "$host" --package fuzz-targets --features libfuzzer --bin fuzz
fuzz=$build/$host/release/fuzz
mkdir -p "$corpus" "$found"
named=$(FUZZ_SEEDS=$corpus "$fuzz")
mapfile -t all <<<"$named"
targets=("$@")
((${#targets[@]})) || targets=("${all[@]}")
for target in "${targets[@]}"; do
  [[ " ${all[*]} " == *" $target "* ]] || die "there is no target $target; there are: ${all[*]}"
  FUZZ_TARGET=$target step "fuzz $target" "$fuzz" "$corpus/$target" -max_total_time="${FUZZ_SECONDS:-300}" -max_len=4096 \
    -timeout=10 -rss_limit_mb=2048 -artifact_prefix="$found/$target-" -print_final_stats=1 -print_funcs=0 -verbosity=0
done
