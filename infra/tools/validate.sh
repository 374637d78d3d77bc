#!/usr/bin/env bash
# validate.sh [template]...: `sam validate --lint` of every template by itself, as validation does not descend into nested
# stacks; without arguments of template.yaml and infra/stacks/*.yaml, several at a time.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

bin=$("$tools/python.sh" requirements)

if [ "${1-}" = --one ]; then
  began=$SECONDS
  # sam names rules, not files, so its answer is shown under the template's name.
  if answer=$("$bin/sam" validate --lint --region "$AWS_DEFAULT_REGION" -t "$2" 2>&1); then
    printf '%s: valid, %d s\n' "$2" $((SECONDS - began))
  else
    printf '%s: INVALID, %d s\n%s\n' "$2" $((SECONDS - began)) "$answer"
    exit 1
  fi
  exit
fi

templates=("$@")
if ((${#templates[@]} == 0)); then
  shopt -s nullglob
  [ -e template.yaml ] || die 'there is no template.yaml: make templates'
  # The largest first, so that none is left to run alone at the end.
  mapfile -t templates < <(ls -S template.yaml infra/stacks/*.yaml)
fi
printf '%s\0' "${templates[@]}" | xargs -0 -n 1 -P "$(getconf _NPROCESSORS_ONLN)" "$tools/validate.sh" --one ||
  die 'not every template is valid'
printf '%d templates are valid\n' "${#templates[@]}"
