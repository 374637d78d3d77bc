#!/usr/bin/env bash
# test.sh [check]...: the checks named, or all of them, stopping at the first that fails. The last line is the summary.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

running='' took=() found=()
log=$(mktemp)

summary() {
  local status=$? separated
  rm -f "$log"
  separated=$(printf '%s, ' ${took[@]+"${took[@]}"} ${found[@]+"${found[@]}"})
  if ((status == 0)); then
    printf 'ok in %d s: %s\n' "$SECONDS" "${separated%, }"
  else
    printf 'FAILED in %s after %d s; before it: %s\n' "$running" "$SECONDS" "${separated%, }"
  fi
}
trap summary EXIT

# count <pattern>: the numbers that precede the pattern in the log, added up.
count() {
  { grep -oE "[0-9]+ $1" "$log" || true; } | awk '{ sum += $1 } END { print sum + 0 }'
}

check_fmt() {
  cargo fmt --all --check
}

check_clippy() {
  cargo clippy --workspace --all-targets --locked -- -D warnings
}

check_scripts() {
  local bin
  bin=$("$tools/python.sh" requirements)
  "$bin/shellcheck" -x .ci/run "$tools"/*.sh
}

check_deny() {
  "$tools/cargo-tool.sh" cargo-deny
  cargo deny --locked check --hide-inclusion-graph bans licenses sources
  if GIT_TERMINAL_PROMPT=0 timeout 20 git ls-remote https://github.com/RustSec/advisory-db HEAD >/dev/null 2>&1; then
    cargo deny --locked check --hide-inclusion-graph advisories
    found+=('advisories: none')
  else
    echo 'advisories: not run (database not reachable)'
    found+=('advisories: not run (database not reachable)')
  fi
}

check_validate() {
  "$tools/validate.sh" | tee "$log"
  found+=("$(count 'templates are valid') templates")
}

# The expanded templates against checkov's rules and our own, each of which must apply to something and find what breaks it.
check_guard() {
  local bin
  bin=$("$tools/python.sh" requirements-guard)
  "$bin/python" infra/guard/check.py | tee "$log"
  found+=("$(count 'rules applied') own rules, $(count 'public checks passed') public checks, $(count 'waived with a reason') waived")
}

# A deployment to both regions with a `sam` that only writes down what it is asked: order, going on after a failure, refusals.
check_deploy() {
  local bin
  bin=$("$tools/python.sh" requirements)
  "$bin/python" tests/deploy/test_deploy.py | tee "$log"
  found+=("$(count 'things about deployments hold') things about deployments")
}

# A region's expanded templates on ministack, which is on this machine; with the functions themselves where LEDGERKEEP_BINARIES names
# a folder that `make build ARCH=...` has made for this machine.
check_stack() {
  local bin
  bin=$("$tools/python.sh" requirements-stack)
  "$bin/python" tests/stack/stack.py | tee "$log"
  found+=("$(count 'stacks of one region') stacks of one region, $(count 'functions') functions, $(count 'routes') routes")
}

# Everything but `end-to-end`, each test in its own process.
check_unit() {
  "$tools/cargo-tool.sh" cargo-nextest
  cargo nextest run --workspace --lib --test "*" --locked -E "not package(end-to-end)" 2>&1 | tee "$log"
  found+=("$(count 'passed') unit tests")
  # What the documents say holds a control has been among them.
  cargo nextest list --workspace --lib --test "*" --locked -E "not package(end-to-end)" --message-format json 2>/dev/null >"$log"
  "$tools/docs.sh" ran unit "$log"
}

# nextest does not run the examples in the documentation; those that must not compile are among them.
check_doc() {
  cargo test --doc --workspace --locked 2>&1 | tee "$log"
  found+=("$(count 'passed') documentation tests")
}

# Both verifiers of audit bundles, on every way of tampering that the unit tests know; and the local KMS beside a second one.
check_peers() {
  local bin bundles
  bin=$("$tools/python.sh" requirements)
  bundles=$(mktemp -d)
  LEDGERKEEP_BUNDLES=$bundles cargo test --workspace --lib --locked -- cases_for_the_second_verifier
  "$bin/python" tests/peers/agree.py "$bundles" | tee "$log"
  rm -rf "$bundles"
  found+=("$(count 'bundles') bundles verified twice")
  bin=$("$tools/python.sh" requirements-peers)
  cargo build --workspace --locked --bin ledgerkeep
  "$bin/python" tests/peers/kms.py "$CARGO_TARGET_DIR/debug/ledgerkeep" | tee "$log"
  found+=("$(count 'answers') answers of two KMS compared")
}

# Documents of every kind against the schemas and the Schematron of the standards, and PDFs with readers of others.
check_einvoices() {
  local bin documents
  bin=$("$tools/python.sh" requirements-einvoices)
  documents=$(mktemp -d)
  LEDGERKEEP_DOCUMENTS=$documents cargo test --workspace --test documents --locked -- documents_for_the_validators
  "$bin/python" tests/peers/einvoices.py "$documents" | tee "$log"
  rm -rf "$documents"
  found+=("$(count 'e-invoices are valid') e-invoices valid, $(count 'PDFs are readable') PDFs readable")
}

# One process, as its suites share one platform: the `ledgerkeep` command, built first. The whole workspace is selected, so that
# the dependencies are those of the unit tests: with `-p end-to-end` alone their features differ, and 43 units are built again.
check_e2e() {
  local suites calls
  mapfile -t suites < <(cargo metadata --no-deps --format-version 1 --locked | python3 -c '
import json, sys
for package in json.load(sys.stdin)["packages"]:
    for target in package["targets"]:
        if package["name"] == "end-to-end" and target["kind"] == ["test"]:
            print("--test=" + target["name"])')
  ((${#suites[@]})) || die 'package end-to-end has no test target'
  cargo build --workspace --locked --bin ledgerkeep "${suites[@]}"
  # What functions ask of AWS meanwhile is recorded: whatever it is, their roles allow it.
  calls=$(mktemp -d)
  export LEDGERKEEP_CALLS=$calls
  if ! cargo test --workspace --locked "${suites[@]}" -- --test-threads 4 2>&1 | tee "$log"; then
    again_alone "${suites[@]}"
  fi
  (($(count 'passed'))) || die 'no end-to-end test ran'
  found+=("$(count 'passed') end-to-end tests")
  "$tools/docs.sh" ran e2e "$log"
  "$CARGO_TARGET_DIR/debug/ledgerkeep" permissions "$calls" | tee "$log"
  rm -rf "$calls"
  found+=("$(count 'kinds of calls') kinds of calls as the roles allow")
}

# Every function as a process of its own, driven through the Lambda Runtime API: what links into the platform need not link by itself,
# nor start with what its template gives it. Afterwards they are removed: together they are several gigabytes.
check_functions() {
  local built
  cargo build --workspace --exclude fuzz-targets --locked --bins
  "$CARGO_TARGET_DIR/debug/ledgerkeep" bootstraps --binaries "$CARGO_TARGET_DIR/debug" --runs 0 | tee "$log"
  found+=("$(count 'functions answer') functions answer")
  for built in functions/*/src/bin/*.rs; do
    built=$(basename "$built" .rs)
    rm -rf "$CARGO_TARGET_DIR/debug/$built" "$CARGO_TARGET_DIR/debug/deps/$built"-* "$CARGO_TARGET_DIR/debug/incremental/$built"-*
  done
}

# Cedar decides what the platform has decided, for random roles and requests. It is built apart, as it is heavy.
check_oracle() {
  local decisions
  decisions=$(mktemp)
  LEDGERKEEP_DECISIONS=$decisions cargo test --workspace --lib --locked -- decisions_for_the_oracle
  CARGO_TARGET_DIR=$cache/oracle cargo run --locked --quiet --manifest-path tests/oracle/Cargo.toml -- "$decisions" | tee "$log"
  rm -f "$decisions"
  found+=("$(count 'decisions as Cedar decides') decisions as Cedar decides")
}

# On a busy machine one of many that run side by side may lack time. Up to three that failed get a second try by themselves; those
# that pass it are named in the summary, with what they said the first time still above it.
again_alone() {
  local failed
  mapfile -t failed < <(sed -n 's/^test \(.*\) \.\.\. FAILED$/\1/p' "$log")
  ((${#failed[@]} >= 1 && ${#failed[@]} <= 3)) || return 1
  printf 'once more, alone: %s\n' "${failed[*]}"
  cargo test --workspace --locked "$@" -- --test-threads 1 --exact "${failed[@]}" 2>&1 | tee -a "$log"
  found+=("failed first and passed alone: ${failed[*]}")
}

# Each service's OpenAPI document against a platform of its own, with a fixed seed; CONTRACT_EXAMPLES and CONTRACT_SEED change
# how many calls fuzz an operation, and which.
check_contract() {
  local bin
  bin=$("$tools/python.sh" requirements-contract)
  cargo build --workspace --locked --bin ledgerkeep
  "$bin/python" tests/contract/walk.py "$CARGO_TARGET_DIR/debug/ledgerkeep" 2>&1 | tee "$log"
  found+=("$(count 'contracts hold') contracts hold in $(count 'generated,') calls")
}

# What services answer now, held against the contracts that were released; and no line of those was ever taken away.
check_contracts() {
  cargo build --workspace --locked --bin ledgerkeep
  "$CARGO_TARGET_DIR/debug/ledgerkeep" contracts check | tee "$log"
  if git log --format= -p -- infra/contracts/released.jsonl 2>/dev/null | grep -E '^-\{'; then
    die 'infra/contracts/released.jsonl has lost these lines: what is released stays'
  fi
  found+=("$(count 'contracts keep what is released') contracts as released")
}

# Bills of materials beside what cargo says is linked, the workflows, and whether scans tell what they found.
check_supply() {
  local bin
  bin=$("$tools/python.sh" requirements-supply)
  "$tools/cargo-tool.sh" cargo-deny
  "$tools/workflows.sh"
  "$tools/sbom.sh" | tee "$log"
  found+=("$(count 'bills of materials') bills of materials")
  PYTHONDONTWRITEBYTECODE=1 "$bin/python" -m unittest discover -s tests/supply
}

# The control matrix, the threat model, the runbooks, README.md and the handbook beside what they name; and the handbook's blocks, run.
check_docs() {
  cargo build --workspace --locked --bin ledgerkeep
  "$tools/docs.sh" check "$CARGO_TARGET_DIR/debug/ledgerkeep" | tee "$log"
  found+=("$(count 'controls') controls, $(count 'of them open') of them open" "$(count 'threats') threats" "$(count 'pages') pages")
  LEDGERKEEP=$CARGO_TARGET_DIR/debug/ledgerkeep "$tools/docs.sh" test
  "$tools/docs.sh" run "$CARGO_TARGET_DIR/debug/ledgerkeep" | tee "$log"
  found+=("$(count 'blocks of the handbook') blocks of the handbook run")
}

# The platform with clients of others: one-time passwords, OAuth, verifiers of tokens, DPoP proofs, passkeys; SOAP, and its contract.
check_clients() {
  local bin npm
  bin=$("$tools/python.sh" requirements-clients)
  cargo build --workspace --locked --bin ledgerkeep
  "$bin/python" tests/peers/clients.py "$CARGO_TARGET_DIR/debug/ledgerkeep" | tee "$log"
  found+=("$(count 'things that clients of others do hold') things with clients of others")
  bin=$("$tools/python.sh" requirements-soap)
  npm=$("$tools/node.sh" infra/tools/node-soap)
  "$bin/python" tests/peers/soap.py "$CARGO_TARGET_DIR/debug/ledgerkeep" "$npm" | tee "$log"
  found+=("$(count 'things that clients of SOAP do hold') things with clients of SOAP")
}

# Clients that are generated from the platform's document, in TypeScript and in Python: each compiles and makes a payment.
check_generated() {
  local bin npm
  bin=$("$tools/python.sh" requirements-generated)
  npm=$("$tools/node.sh" infra/tools/node)
  PYTHONDONTWRITEBYTECODE=1 "$bin/python" -m unittest discover -s tests/clients
  cargo build --workspace --locked --bin ledgerkeep
  PYTHONDONTWRITEBYTECODE=1 "$bin/python" tests/clients/generated.py "$CARGO_TARGET_DIR/debug/ledgerkeep" "$npm" | tee "$log"
  found+=("$(count 'generated clients made a payment') generated clients made a payment")
}

# The portal in Debian's chromium, against a platform of its own. PORTAL_PICTURES names a folder for the handbook's pictures.
check_portal() {
  local bin
  "$tools/system.sh" chromium:chromium
  "$tools/portal.sh"
  bin=$("$tools/node.sh" functions/portal/web)
  cargo build --workspace --locked --bin ledgerkeep
  LEDGERKEEP=$CARGO_TARGET_DIR/debug/ledgerkeep "$bin/node" "$bin/playwright" test --config tests/portal/playwright.config.ts | tee "$log"
  found+=("$(count 'passed') things hold in a browser")
}

# Every function's release binary through the Lambda Runtime API, each with its sample event.
check_bootstraps() {
  "$tools/binaries.sh"
  cargo build --workspace --locked --bin ledgerkeep
  mkdir -p target
  "$CARGO_TARGET_DIR/debug/ledgerkeep" bootstraps --binaries "$functions" \
    --json target/bootstraps.json | tee "$log"
  found+=("$(count 'functions: zip') bootstraps")
}

checks=("$@")
((${#checks[@]})) || checks=(fmt clippy scripts deny validate guard deploy stack unit doc contracts supply docs peers einvoices clients generated portal oracle functions e2e contract)

# What keeps one processor busy at most: neighbours among these run side by side.
single=' deploy stack '

# apart <folder> <check>: a check whose words and findings go into the folder.
apart() {
  local found=() began=$SECONDS log=$1/$2.log
  step "$2" "check_$2" >"$1/$2" 2>&1
  printf '%s\n' "$2 $((SECONDS - began)) s" ${found[@]+"${found[@]}"} >"$1/$2.found"
}

# side_by_side <check>...: what each says comes out whole, one after the other.
side_by_side() {
  local said check pid pids=()
  said=$(mktemp -d)
  for check in "$@"; do
    apart "$said" "$check" &
    pids+=($!)
  done
  for check in "$@"; do
    running=$check pid=${pids[0]} pids=("${pids[@]:1}")
    if ! wait "$pid"; then
      cat "$said/$check"
      kill ${pids[@]+"${pids[@]}"} 2>/dev/null || true
      exit 1
    fi
    cat "$said/$check"
    mapfile -t -O ${#found[@]} found < <(tail -n +2 "$said/$check.found")
    took+=("$(head -n 1 "$said/$check.found")")
  done
  rm -rf "$said"
}

running=system
"$tools/system.sh"
at=0
while ((at < ${#checks[@]})); do
  together=("${checks[at]}")
  while [[ $single == *" ${checks[at]} "* && $single == *" ${checks[at + 1]:-none} "* ]]; do
    at=$((at + 1))
    together+=("${checks[at]}")
  done
  at=$((at + 1))
  if ((${#together[@]} > 1)); then
    side_by_side "${together[@]}"
    continue
  fi
  running=${together[0]}
  began=$SECONDS
  step "$running" "check_$running"
  took+=("$running $((SECONDS - began)) s")
done
