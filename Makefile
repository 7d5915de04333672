# Each recipe is one line that can be typed by hand. `make` alone lists them.
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run test test-all check fix bench docs servers lock clean

help: ## list what there is to make
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 18

run: .venv/.run ## run okevents on http://127.0.0.1:8181, with nothing else installed
	@$(BIN)/okevents up

test: check ## check the code, then run all tests on the servers that are found
	$(BIN)/python -m pytest

test-all: check ## the same, where a missing server is a failure
	OKEVENTS_REQUIRE_SERVERS=1 $(BIN)/python -m pytest

check: .venv/.dev ## lint, types and layers
	$(BIN)/ruff check && $(BIN)/ruff format --check && $(BIN)/mypy && $(BIN)/lint-imports

fix: .venv/.dev ## format, and mend what the linter can
	$(BIN)/ruff check --fix && $(BIN)/ruff format

bench: .venv/.dev ## measure, and write benchmarks/results.md
	$(BIN)/python -m benchmarks

docs: .venv/.dev ## renew the parts of docs/ that are made from the code
	$(BIN)/python -m scripts.docs

servers: .venv/.dev ## run private PostgreSQL, RabbitMQ and FerretDB until Ctrl-C, and print their URLs
	$(BIN)/python -m scripts.servers

lock: .venv/.dev ## pin the newest dependencies
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --extra all --custom-compile-command 'make lock' pyproject.toml requirements/dev.in -o requirements/dev.lock

clean: ## delete what was built; data/ stays
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "okevents needs Python 3.11 or later; none was found as python3, python3.11 … python3.14"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.run: requirements/dev.lock pyproject.toml | .venv/bin/python
	@test -e .venv/.dev || { echo "Installing okevents into .venv (once) …"; $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . && touch $@

.venv/.dev: requirements/dev.lock pyproject.toml | .venv/bin/python
	@echo "Installing the development tools into .venv (once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . && touch $@ .venv/.run
