#!/usr/bin/env bash
# Links one Lambda function for rustc, in two steps: GNU ld puts the objects together and leaves out what is not needed, and the linker
# that cargo-lambda brings (zig's LLD, which knows the C library of Amazon Linux) makes the binary of what is left. LLD alone keeps the
# exception tables of every function of an object of which it needs one: up to half a megabyte of an archive (infra/decisions/0024).
#   LEDGERKEEP_LD      GNU ld for the processor
#   LEDGERKEEP_LINKER  the variable that names cargo-lambda's linker
set -euo pipefail

inputs=() rest=()
for argument in "$@"; do
  case $argument in
  @*)
    echo "linker.sh: $argument: arguments in a file are not understood" >&2
    exit 1
    ;;
  *.o | *.rlib | *.a) inputs+=("$argument") ;;
  *) rest+=("$argument") ;;
  esac
done
whole=$(mktemp --suffix=.o)
trap 'rm -f "$whole"' EXIT
"$LEDGERKEEP_LD" -r --gc-sections -u main -z noexecstack -o "$whole" --start-group "${inputs[@]}" --end-group
"${!LEDGERKEEP_LINKER}" "$whole" "${rest[@]}"
