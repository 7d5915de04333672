# Each recipe is one line that can be typed by hand. `make` alone lists them.
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check install
PYTHON := $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run drivers test test-all check fix faults bench docs site contracts servers lock audit clean

help: ## list what there is to make
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile | expand -t 18

run: .venv/.run ## run okevents on http://127.0.0.1:8181, with nothing else to install
	@exec $(BIN)/okevents up

drivers: .venv/.run ## add the drivers of PostgreSQL, MongoDB and RabbitMQ
	@echo "Installing the drivers into .venv …"
	@$(PIP) --require-hashes -r requirements/all.lock

test: check ## check the code, then run all tests on the servers that are found
	$(BIN)/python -m pytest

test-all: check ## the same, where a missing server is a failure
	OKEVENTS_REQUIRE_SERVERS=1 $(BIN)/python -m pytest

check: .venv/.dev ## lint, format, types and layers
	$(BIN)/ruff check && $(BIN)/ruff format --check && $(BIN)/mypy && $(BIN)/lint-imports

fix: .venv/.dev ## format, and mend what the linter can
	$(BIN)/ruff check --fix && $(BIN)/ruff format

faults: .venv/.dev ## break okevents in every way that there is a test of, at full length, and print the table
	OKEVENTS_REQUIRE_SERVERS=1 OKEVENTS_TEST_FAULTS=full $(BIN)/python -m pytest tests/faults
	$(BIN)/python -m tests.simulation --seeds 0:5000

bench: .venv/.dev ## measure on private servers
	$(BIN)/python -m benchmarks

docs: .venv/.dev ## renew what the documents quote of the program's output
	$(BIN)/python -m scripts.docs

site: .venv/.dev ## build the documentation as a site, into build/site
	$(BIN)/properdocs build --strict --quiet --config-file mkdocs.yml

contracts: .venv/.dev ## tell what the API and the messages break of what was released
	$(BIN)/python -m scripts.contracts

servers: .venv/.dev ## run private PostgreSQL, RabbitMQ and FerretDB until Ctrl-C, and print their URLs
	@exec $(BIN)/python -m scripts.servers

lock: .venv/.dev ## pin the newest dependencies in requirements/
	$(BIN)/python -m scripts.lock

audit: .cache/audit/.done ## ask the network whether weaknesses are known of what is pinned
	.cache/audit/bin/pip-audit --strict --require-hashes --disable-pip --requirement requirements/dev.lock

clean: ## delete what was built; data/ stays
	rm -rf .venv .cache build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

.venv/bin/pip:
	@test -n "$(PYTHON)" || { echo "okevents needs Python 3.11 or later, and found none as python3 or python3.11 to python3.14." >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "$(PYTHON) can't make a virtual environment: on Debian and Ubuntu, apt-get install python3-venv." >&2; exit 1; }

.cache/audit/.done: requirements/audit.lock | .venv/bin/pip
	@echo "Installing pip-audit into .cache/audit, once …"
	@$(PYTHON) -m venv .cache/audit && .cache/audit/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes -r requirements/audit.lock && touch $@

.venv/.run: requirements/run.lock pyproject.toml | .venv/bin/pip
	@echo "Installing okevents into .venv, once …"
	@$(PIP) --require-hashes -r requirements/run.lock && $(PIP) --no-deps --no-build-isolation --editable . && touch $@

.venv/.dev: requirements/dev.lock pyproject.toml | .venv/bin/pip
	@echo "Installing okevents and its development tools into .venv, once …"
	@$(PIP) --require-hashes -r requirements/dev.lock && $(PIP) --no-deps --no-build-isolation --editable . && touch $@ .venv/.run
