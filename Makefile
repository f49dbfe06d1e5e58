# `make` lists the targets. Everything they need is installed into the project's own folders: .venv*, node_modules,
# target. What make cannot install is named in CONTRIBUTING.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UI := crates/hogback-inspector/ui
SHOP := examples/django-shop
TYPED := tests/typing
# Of the crate: each has to build alone, and none.
FEATURES := anyhow eyre testing tracing

say = @printf '\n\033[1m== %s\033[0m\n' "$(1)"

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 20

# The catalogue is a release too: most of what it needs has just been compiled for the inspector and the package.
.PHONY: demo
demo: build $(SHOP)/node_modules/.stamp ## build everything, start the inspector and the example shop, say what to try
	$(call say,compiling the shop's catalogue: two minutes the first time)
	@cargo build --release --locked -p axum-shop
	$(call say,starting the inspector and the shop)
	@$(BIN)/python $(SHOP)/demo.py

.PHONY: build
build: $(BIN)/.stamp ui ## leave a release build of the package in .venv and the inspector in target/release
	$(call say,compiling the inspector: some minutes the first time)
	@cargo build --release --locked -p hogback-inspector
	$(call say,compiling the Python package: some minutes the first time)
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/maturin develop --release --locked
	@$(BIN)/python -c 'import posthog; print("posthog", posthog.VERSION, "is installed in $(VENV)")'

.PHONY: test
test: lint test-rust test-python test-servers ## pass every check and test
	$(call say,every check and test passed; what was skipped stands above)

.PHONY: lint
lint: develop $(UI)/node_modules/.stamp $(TYPED)/node_modules/.stamp ## formatting, lints and types of all languages
	$(call say,lints)
	@cargo fmt --check
	@cargo clippy --workspace --all-targets --locked -- -D warnings
	@for feature in '' $(FEATURES); do \
	  cargo clippy -p hogback --lib --features "$$feature" --locked --quiet -- -D warnings; done
	@cargo clippy -p hogback-tower --lib --locked --quiet -- -D warnings
	@RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --document-private-items --locked \
	  --features "$(FEATURES:%=hogback/%) hogback-tower/axum"
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/python -m mypy.stubtest posthog._native
	@if command -v npm >/dev/null; then cd $(UI) && npm run --silent check; \
	else echo 'SKIPPED the types of the page: npm is not installed'; test -z "$${CI:-}"; fi
	@if command -v npm >/dev/null; then \
	  cd $(TYPED) && npx pyright --pythonpath $(CURDIR)/$(BIN)/python; \
	else echo 'SKIPPED the second type checker: npm is not installed'; test -z "$${CI:-}"; fi

.PHONY: test-rust
test-rust: ui ## the Rust tests, with those in the documentation
	$(call say,Rust tests)
	@if cargo nextest --version >/dev/null 2>&1; then \
	  cargo nextest run --workspace --locked --no-fail-fast; cargo test --workspace --locked --doc; \
	else cargo test --workspace --locked --no-fail-fast; fi
	@if command -v npm >/dev/null; then cd $(UI) && npm test --silent; \
	else echo 'SKIPPED the tests of the page: npm is not installed'; test -z "$${CI:-}"; fi

.PHONY: test-python
test-python: develop ## the Python tests, on every supported version of Python and Django that is found here
	$(call say,Python tests)
	@$(BIN)/pytest tests/python
	@$(BIN)/pytest --doctest-modules python/posthog
	@names=$$($(PYTHON) tests/versions.py); test -z "$$names" || $(MAKE) $$(printf 'test-on-%s ' $$names)

# For example `make test-on-py310-django42`, once `make develop` has compiled the package.
test-on-%: .venv-%/.stamp
	$(call say,Python tests on $*)
	@.venv-$*/bin/python -m pytest tests/python

.PHONY: test-servers
test-servers: develop inspector catalogue $(SHOP)/node_modules/.stamp ## real servers, real clients, a real browser
	$(call say,tests with real servers and a real browser)
	@HOGBACK_BIN=$(CURDIR)/target/debug/hogback AXUM_SHOP_BIN=$(CURDIR)/target/debug/axum-shop \
	  $(BIN)/pytest tests/servers tests/faults tests/e2e tests/differential

# Each target begins with its seeds, and adds what it finds to its corpus here.
FUZZ_SECONDS ?= 60
.PHONY: fuzz
fuzz: develop ## try whatever may be in files, answers and Python values: each target for a minute
	$(call say,fuzzing)
	@if ! rustc +nightly --version >/dev/null 2>&1; then \
	  echo 'SKIPPED the targets in Rust: there is no nightly toolchain'; \
	elif ! cargo fuzz --version >/dev/null 2>&1; then \
	  echo 'SKIPPED the targets in Rust: cargo-fuzz is not installed'; \
	else cd fuzz; for target in fuzz_targets/*.rs; do \
	  cargo +nightly fuzz run "$$(basename "$$target" .rs)" -- -max_total_time=$(FUZZ_SECONDS) -verbosity=0; \
	done; fi
	@$(BIN)/python fuzz/python_values.py

.PHONY: soak
soak: soak-faults soak-model soak-mutants ## what takes hours: faults in full, long model tests, mutants

# Many kills, long outages: the better part of an hour.
.PHONY: soak-faults
soak-faults: develop
	$(call say,tests of faults in full)
	@HOGBACK_SOAK=1 $(BIN)/pytest tests/faults --timeout=3600

# Far more random sequences than `make test` tries.
.PHONY: soak-model
soak-model:
	$(call say,model tests)
	@HOGBACK_MODEL_CASES=5000 cargo test -p hogback --locked --lib model
	@HOGBACK_MODEL_CASES=1000 cargo test -p hogback --locked --test model

# Whether the tests notice when the code is changed; .cargo/mutants.toml says which.
.PHONY: soak-mutants
soak-mutants:
	$(call say,mutants)
	@if cargo mutants --version >/dev/null 2>&1; then \
	  HOGBACK_MODEL_CASES=4 cargo mutants --package hogback --output target; \
	else echo 'SKIPPED the mutants: cargo-mutants is not installed'; fi

.PHONY: bench
bench: build ## measure ours beside the official package: one run, one table
	$(call say,benchmark)
	@$(BIN)/python benches/run.py
	@$(BIN)/python benches/run_rust.py --quick

.PHONY: bench-reliability
bench-reliability: build ## count what failures cost, ours beside the official package: one run, one table
	$(call say,benchmark of reliability)
	@$(BIN)/python benches/run_reliability.py

.PHONY: bench-rust
bench-rust: $(BIN)/.stamp ## measure the Rust crates beside sentry and posthog-rs: one run, one table
	$(call say,benchmark of the Rust crates)
	@$(BIN)/python benches/run_rust.py

.PHONY: docs
docs: ## the Rust documentation, in target/doc
	@RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked --features "$(FEATURES:%=hogback/%) hogback-tower/axum"

# What the targets above stand on.

.PHONY: develop
develop: $(BIN)/.stamp
	$(call say,compiling the Python package for tests)
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/maturin develop --locked

.PHONY: inspector
inspector: ui
	$(call say,compiling the inspector for tests)
	@cargo build --locked -p hogback-inspector

.PHONY: catalogue
catalogue:
	$(call say,compiling the shop's catalogue for tests)
	@cargo build --locked -p axum-shop

# The page's bundle is built where there is npm; without it the inspector serves a page that says how to build it.
.PHONY: ui
ui: $(UI)/dist/.stamp
$(UI)/dist/.stamp: $(UI)/node_modules/.stamp $(UI)/build.mjs $(shell find $(UI)/src -type f)
	$(call say,building the inspector's page)
	@if command -v npm >/dev/null; then cd $(UI) && npm run --silent build && touch dist/.stamp; \
	else echo 'npm is not installed (Node.js 20 or newer): the inspector will have no page'; fi

$(UI)/node_modules/.stamp: $(UI)/package-lock.json
	@if command -v npm >/dev/null; then \
	  cd $(UI) && npm ci --no-audit --no-fund --loglevel=error && touch node_modules/.stamp; fi

$(TYPED)/node_modules/.stamp: $(TYPED)/package-lock.json
	@if command -v npm >/dev/null; then \
	  cd $(TYPED) && npm ci --no-audit --no-fund --loglevel=error && touch node_modules/.stamp; fi

$(SHOP)/node_modules/.stamp: $(SHOP)/package-lock.json
	$(call say,installing posthog-js for the shop)
	@if command -v npm >/dev/null; then \
	  cd $(SHOP) && npm ci --no-audit --no-fund --loglevel=error && touch node_modules/.stamp; \
	else echo 'npm is not installed (Node.js 20 or newer): the shop will run without posthog-js'; fi

$(BIN)/.stamp: pyproject.toml tests/requirements.py
	@$(PYTHON) tests/requirements.py
	$(call say,preparing the Python environment $(VENV))
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --group dev
	@touch $@

# The stable ABI makes one native module serve every version: these environments only link to it. The name of one says
# what it holds, as in .venv-py310-django42: the Python, then a group of pyproject.toml.
.venv-%/.stamp: pyproject.toml
	$(call say,preparing the Python environment .venv-$*)
	@test -x .venv-$*/bin/python || \
	  { python=$$($(PYTHON) tests/versions.py $(firstword $(subst -, ,$*))); "$$python" -m venv --clear .venv-$*; }
	@.venv-$*/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	@.venv-$*/bin/python -m pip install --quiet --group test --group $(lastword $(subst -, ,$*))
	@echo '$(CURDIR)/python' > "$$(.venv-$*/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/hogback.pth"
	@touch $@

# Only pattern rules name these stamps, so make would take them for leftovers and delete them.
.PRECIOUS: .venv-%/.stamp
