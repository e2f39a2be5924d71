# Two commands are all a newcomer needs: `make run` and `make test`. Everything is installed into .venv.
PYTHON ?= python3
PORT ?= 8000
DATA ?= var
BIN := .venv/bin

.PHONY: run test check bench chaos spec lock clean

run: .venv/.runtime
	@JARING_PORT=$(PORT) JARING_DATA=$(DATA) $(BIN)/jaring serve --demo

test: .venv/.development
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

check: .venv/.development
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/jaring openapi | diff - openapi/openapi.json

bench: .venv/.development
	$(BIN)/python -m benchmarks.redirects
	$(BIN)/python -m benchmarks.classifier

chaos: .venv/.development
	$(BIN)/python -m benchmarks.chaos

spec: .venv/.runtime
	$(BIN)/jaring openapi > openapi/openapi.json

# Pins every package with its hashes; needs uv. No address of an index is written down.
lock:
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header pyproject.toml --group dev -o requirements-dev.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -c requirements-dev.lock pyproject.toml --group build -o requirements.lock

clean:
	rm -rf .venv var

.venv/.runtime: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Jaring needs Python 3.11 or newer; name one with PYTHON=" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.development: .venv/.runtime requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
