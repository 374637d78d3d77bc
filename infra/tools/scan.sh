#!/usr/bin/env bash
# scan.sh [scan]...: the scans named, or those of every day, all of them whatever the others find; then a table: ok, findings or not run.
# Fails when something was found and, with STRICT=1, when a scan could not run. What each said is in target/scan.
# shellcheck disable=SC2329 # the functions are called by their names
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

daily=(advisories npm dependencies sbom workflows code)
monthly=(advisories npm dependencies sbom workflows code fuzz contract attacks)
# What a scan answers when what it needs cannot be reached: never taken for a result.
not_run=75

reachable() {
  GIT_TERMINAL_PROMPT=0 timeout 20 git ls-remote "$1" HEAD >/dev/null
}

# Known vulnerabilities of what is linked, from RustSec's database.
scan_advisories() {
  "$tools/cargo-tool.sh" cargo-deny
  reachable https://github.com/RustSec/advisory-db || return "$not_run"
  cargo deny --locked check --hide-inclusion-graph advisories
}

# Known vulnerabilities of the tools that npm brings, from its registry's database.
scan_npm() {
  local bin
  bin=$("$tools/node.sh" infra/tools/node)
  PATH=$bin:$PATH python3 "$tools/npm.py" audit
}

# Licences, banned crates, and where crates and packages of npm come from.
scan_dependencies() {
  "$tools/cargo-tool.sh" cargo-deny
  cargo deny --locked check --hide-inclusion-graph bans licenses sources
  python3 "$tools/npm.py" check
}

scan_sbom() {
  "$tools/sbom.sh"
}

scan_workflows() {
  "$tools/workflows.sh"
}

# Static analysis: clippy, with warnings as errors.
scan_code() {
  "$tools/test.sh" clippy
}

scan_fuzz() {
  FUZZ_SECONDS=${FUZZ_SECONDS:-60} "$tools/fuzz.sh"
}

# Another seed each month, so that other calls are made than at every push.
scan_contract() {
  CONTRACT_SEED=${CONTRACT_SEED:-$(date -u +%Y%m)} "$tools/test.sh" contract
}

# The suites that attack the platform over HTTPS.
scan_attacks() {
  "$tools/test.sh" e2e
}

scans=("$@")
[[ ${scans[*]-} != monthly ]] || scans=("${monthly[@]}")
((${#scans[@]})) || scans=("${daily[@]}")
for scan in "${scans[@]}"; do
  declare -F "scan_$scan" >/dev/null || die "there is no scan $scan; there are: ${monthly[*]}"
done

logs=$root/target/scan
mkdir -p "$logs"
rows=() status=0
for scan in "${scans[@]}"; do
  printf '== scan %s\n' "$scan"
  # In a process of its own: where a function stands in a condition, bash goes on after what fails in it.
  set +e
  (set -e; "scan_$scan") >"$logs/$scan.log" 2>&1
  code=$?
  set -e
  case $code in
    0) result=ok ;;
    "$not_run")
      result='not run'
      ((${STRICT:-0} == 0)) || status=1
      ;;
    *)
      result=findings status=1
      tail -n 40 "$logs/$scan.log"
      ;;
  esac
  rows+=("$(printf '%-14s %s' "$scan" "$result")")
done
printf '%-14s %s\n' scan result
printf '%s\n' "${rows[@]}"
exit "$status"
