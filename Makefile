# `make demo` and `make test` need nothing but make and Python 3.11 or newer; each sets up its own .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# Every start is half as long with byte code; pip leaves it out where PYTHONDONTWRITEBYTECODE is set.
COMPILE := $(BIN)/python -m compileall -qq -j 0 $(VENV)/lib flows index transforms || true

.PHONY: demo test test-slow test-postgres lint locks clean help

help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "saring needs Python 3.11 or newer; name one with: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@echo "==> creating $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.lock pyproject.toml | $(BIN)/python
	@echo "==> installing the run-time packages from requirements.lock (about a minute the first time)"
	@$(PIP) install --quiet --no-deps --require-hashes -r requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@$(COMPILE)
	@touch $@

$(VENV)/.development: requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "==> installing the packages from requirements-dev.lock (about a minute the first time)"
	@$(PIP) install --quiet --no-deps --require-hashes -r requirements-dev.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@$(COMPILE)
	@touch $@ $(VENV)/.runtime

demo: $(VENV)/.runtime ## set up, ingest examples/raw through the Prefect flow, and search it
	@echo "==> ingesting examples/raw (Prefect starts a server of its own first: 10 to 20 seconds)"
	@$(BIN)/saring ingest examples/raw
	@echo "==> saring search \"kemitraan strategis\""
	@$(BIN)/saring search "kemitraan strategis"
	@echo "==> saring search --language id pelabuhan"
	@$(BIN)/saring search --language id pelabuhan

test: $(VENV)/.development ## set up and pass the tests
	@echo "==> running the tests (under three minutes on two cores)"
	@$(BIN)/python -m pytest -n 2

test-slow: $(VENV)/.development ## the tests with servers and kills that take longest, which `make test` leaves out
	@$(BIN)/python -m pytest -m slow

test-postgres: $(VENV)/.development ## pass the same tests with every ledger on a PostgreSQL server of their own (needs its programs)
	@echo "==> running the tests with their ledgers on PostgreSQL (about five minutes on two cores)"
	@$(BIN)/python tests/postgres_server.py -n 2

lint: $(VENV)/.development ## ruff and mypy --strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

locks: ## resolve both lock files anew (needs uv)
	uv pip compile --universal --generate-hashes --no-strip-extras --python-version 3.11 --no-header --no-annotate --no-emit-index-url \
	  --no-emit-find-links --quiet pyproject.toml --extra build --output-file requirements.lock
	uv pip compile --universal --generate-hashes --no-strip-extras --python-version 3.11 --no-header --no-annotate --no-emit-index-url \
	  --no-emit-find-links --quiet pyproject.toml --extra build --extra dev --extra dask --extra parquet --extra postgres --output-file requirements-dev.lock

clean: ## remove what was built, never data/
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
