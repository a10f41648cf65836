# Needs Go, make and bash. With a C compiler the GLIDE modules take part too, with valkey-server on PATH
# the real-server tests.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
TOOLS := bin/tools

FUZZTIME ?= 2m
BENCH ?= .
COUNT ?= 6
export FUZZTIME BENCH COUNT

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "%-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/valetkey, a static binary
	CGO_ENABLED=0 go build -o bin/valetkey ./cmd/valetkey

.PHONY: test
test: $(TOOLS) ## test every module; TESTFLAGS='-run X' narrows it; CI=true fails on anything not run
	tools/test.sh $(TESTFLAGS)

.PHONY: race
race: ## test the libraries and the command with the race detector
	tools/race.sh

.PHONY: lint
lint: $(TOOLS) ## gofmt, go vet, staticcheck and the budgets of style
	tools/lint.sh

.PHONY: conformance
conformance: ## write the emulator's table in docs/reference/emulator.md, and run the tests that it names
	go test -count=1 -timeout 2m -run 'TestConformanceTable' ./emulator -args update
	go test -count=1 -timeout 5m ./emulator ./verify

.PHONY: tidy
tidy: ## go mod tidy in every module, leaving no replace; MODULES='glide' narrows it
	tools/tidy.sh $(MODULES)

.PHONY: fuzz
fuzz: ## run every fuzz test for FUZZTIME (2m), one after another; FUZZ=Parse narrows it
	tools/fuzz.sh $(FUZZ)

.PHONY: bench
bench: $(TOOLS) ## run the benchmarks COUNT (6) times and summarise; OLD=file compares
	tools/bench.sh $(OLD)

.PHONY: clients
clients: ## write docs/reference/clients.md: what becomes of each Go client over 31 sessions (6 min)
	go run ./test/e2e/clients -o docs/reference/clients.md

.PHONY: signers
signers: ## try the tokens of AWS's SDKs and of GLIDE, in Python, Java, Node and Rust too, on the emulator
	CI=true go test -count=1 -timeout 20m ./test/signers

.PHONY: languages
languages: ## run clients of every language through the sidecar, and write their table; MATCH='redis-py|fred' narrows it
	@go run ./test/e2e/languages $(if $(MATCH),-match '$(MATCH)')

.PHONY: demo
demo: ## show connections outliving their tokens and sessions, without an AWS account
	go run ./cmd/valetkey demo

# The tools have a module of their own outside go.work, so the workspace is switched off to build them.
$(TOOLS): tools/go.mod tools/go.sum $(wildcard tools/*/*.go)
	cd tools && GOWORK=off CGO_ENABLED=0 go build -o ../$(TOOLS)/ tool ./style ./testreport
	@touch $(TOOLS)
