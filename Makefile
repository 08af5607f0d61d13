# Each target is a line or two that the docs give as well: nothing here is needed to use Boathouse.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint lock bench clean

demo: .venv/installed  ## install, build the demo company's lake from generated silos, and query it
	$(BIN)/python -m demo

test: .venv/tested  ## lint, types and all tests
	$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy
	$(BIN)/python -m pytest -n logical --maxprocesses 4

lint: .venv/tested  ## what `make test` checks first, mended where it can be
	$(BIN)/ruff format . && $(BIN)/ruff check --fix . && $(BIN)/mypy

lock: .venv/installed  ## new pins from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --no-annotate --no-emit-index-url --only-binary :all: --upgrade -o requirements.lock

bench: .venv/tested  ## the speed claims, side by side
	$(BIN)/uv pip install --quiet --python $(BIN)/python -c requirements.lock -e ".[bench]"
	$(BIN)/python -m benchmarks

.venv/bin/uv:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

.venv/installed: .venv/bin/uv pyproject.toml requirements.lock
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -c requirements.lock -e ".[lab,polars,serve]"
	@touch $@

.venv/tested: .venv/installed
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -c requirements.lock -e ".[test]"
	@touch $@

clean:
	rm -rf .venv lake silos
