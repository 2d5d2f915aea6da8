# Everything here sets itself up: Python 3.11 or newer and a package index are enough.
# The same by hand: python3 -m venv .venv && .venv/bin/pip install -c constraints.txt -e '.[documents,instrument,models,dev]'

VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
# Hundreds of tests start a Python: where no compiled modules may be written, each compiles everything that it imports.
unexport PYTHONDONTWRITEBYTECODE
# The plugin that langsmith brings costs every worker two seconds. Four at a time, also on two cores: half of the time a test waits for processes and their disk.
PYTEST := $(BIN)/python -m pytest -n 4 --dist loadfile -p no:langsmith_plugin
READY := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help demo test test-all pytest check wheel docs bench clean

help:  ## Show these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --no-compile -c constraints.txt -e '.[documents,instrument,models,dev]'
	@touch $@

demo: $(READY)  ## Run the demonstration: an application, its traces, cost, latency, its documents
	$(BIN)/otel-cert demo

test: check wheel pytest  ## Run every check and test (half an hour on two slow cores)

pytest: $(READY)  ## Run the tests, without the slow ones
	$(PYTEST) -m 'not slow'

test-all: $(READY) check wheel  ## Also what takes minutes more: a hundred kills of each process, twenty power cuts
	OTEL_CERT_KILLS=100 OTEL_CERT_CUTS=20 $(PYTEST)

check: $(READY)  ## Style, types, layers, generated documentation
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check

wheel: $(READY)  ## Build the wheel and use it in a bare environment
	$(BIN)/python tests/check_wheel.py

docs: $(READY)  ## Regenerate the generated sections of docs/
	$(BIN)/python docs/generate.py --write

bench: $(READY)  ## Measure ingestion and queries; see bench/README.md
	$(BIN)/python bench/ingest.py

clean:  ## Remove what was installed and built here
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
