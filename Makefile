# Each target installs what it needs; caches stay outside the clone, under ~/.cache/ledgerkeep (LEDGERKEEP_CACHE, CARGO_TARGET_DIR).

SHELL := /bin/bash
.DEFAULT_GOAL := help

export LEDGERKEEP_CACHE ?= $(HOME)/.cache/ledgerkeep
export CARGO_TARGET_DIR ?= $(LEDGERKEEP_CACHE)/build
# Handed on through the environment, so that the shell never reads their text.
export ENV YES DRY_RUN INPUT ROWS REQUESTS ARCH PROFILE FUNCTIONS VERIFY REGIONS RUNS

tools := infra/tools
# The line of `make help`, said by each target as it starts.
say = awk -F ':.*\#\# ' '/^$@:.*\#\# / { printf "$@: %s\n", $$2 }' Makefile

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: ## serve everything on this machine, without an account or a network; REGIONS=2 for two regions
	@$(say)
	@$(tools)/ledgerkeep.sh serve $${REGIONS:+--regions "$$REGIONS"}

.PHONY: demo
demo: ## show the platform at work; INPUT=<file of card transactions> ROWS=<how many of them>
	@$(say)
	@$(tools)/ledgerkeep.sh demo $${INPUT:+--input "$$INPUT"} $${ROWS:+--rows "$$ROWS"}

.PHONY: top
top: ## show what the local platform is doing, live
	@$(say)
	@$(tools)/ledgerkeep.sh top

.PHONY: reset
reset: ## forget what the local platform has stored
	@$(say)
	@$(tools)/ledgerkeep.sh reset

.PHONY: test
test: ## run every check: fmt, clippy, scripts, deny, validate, guard, deploy, stack, unit, doc, contracts, supply, docs, peers, einvoices, clients, oracle, functions, e2e, contract; ONLY="unit e2e" for some
	@$(say)
	@$(tools)/test.sh $(ONLY)

.PHONY: contract
contract: ## call every operation with right and wrong data; CONTRACT_EXAMPLES=<calls each> CONTRACT_SEED=<number>
	@$(say)
	@$(tools)/test.sh contract

.PHONY: release
release: ## keep the contracts of services whose version is new, for good
	@$(say)
	@$(tools)/ledgerkeep.sh contracts release

.PHONY: sbom
sbom: ## write a bill of materials (CycloneDX) for each service into target/sbom
	@$(say)
	@$(tools)/sbom.sh

.PHONY: scan
scan: ## scan code and what it is made of; SCANS="advisories sbom" or monthly, STRICT=1 fails where a scan cannot run
	@$(say)
	@$(tools)/scan.sh $(SCANS)

.PHONY: fuzz
fuzz: ## fuzz every parser of stored bytes; TARGETS="field item" for some, FUZZ_SECONDS=<how long each>
	@$(say)
	@$(tools)/fuzz.sh $(TARGETS)

.PHONY: bench
bench: ## measure calls, starts, fields, keys and memory beside their goals; REQUESTS=<how many through the platform>
	@$(say)
	@$(tools)/bench.sh $${REQUESTS:+--requests "$$REQUESTS"}

.PHONY: drill
drill: ## kill the home region again and again, have the other one take over, and count what that cost; RUNS=<how often>
	@$(say)
	@$(tools)/ledgerkeep.sh drill $${RUNS:+--runs "$$RUNS"}

.PHONY: bootstraps
bootstraps: ## drive every function's release binary through the Lambda Runtime API with its sample event
	@$(say)
	@$(tools)/test.sh bootstraps

.PHONY: fmt
fmt: ## format the Rust code
	@$(say)
	@$(tools)/system.sh
	cargo fmt --all

.PHONY: lint
lint: ## run clippy on the Rust code and shellcheck on the scripts
	@$(say)
	@$(tools)/test.sh clippy scripts

.PHONY: templates
templates: ## write the SAM templates anew from the declared endpoints
	@$(say)
	@$(tools)/ledgerkeep.sh templates --write

.PHONY: validate
validate: ## sam validate --lint of every template by itself
	@$(say)
	@$(tools)/validate.sh

.PHONY: build
build: ## build every Lambda function into target/lambda; ARCH=arm64|x86_64 PROFILE=release|ship VERIFY=1 builds twice and compares
	@$(say)
	@$(tools)/build.sh

.PHONY: builds
builds: ## build the `ledgerkeep` command from nothing and after a change of one line, and say how long that takes
	@$(say)
	@$(tools)/builds.sh

.PHONY: deploy
deploy: ## deploy to both regions, asking about each change; ENV=<environment or stack of samconfig.toml> YES=1 DRY_RUN=1 UNCHECKED_QUOTAS=1
	@$(say)
	@$(tools)/deploy.sh "$$ENV" $${YES:+--yes} $${DRY_RUN:+--dry-run} $${UNCHECKED_QUOTAS:+--unchecked-quotas}

.PHONY: clean
clean: ## delete what was built (installed tools and the local platform's data stay)
	@$(say)
	cargo clean
	rm -rf target
