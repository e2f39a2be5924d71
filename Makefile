# Two commands are all a newcomer needs: `make run` and `make test`. Everything is installed into .venv.
PYTHON ?= python3
PORT ?= 8000
DATA ?= var
PYTEST ?= pytest
BIN := .venv/bin
PIP_OPTIONS := --disable-pip-version-check --no-input
# Linters and client generators of the OpenAPI document, pinned by openapi/package-lock.json.
NODE := build/node
LINT_OPENAPI = REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true \
	$(NODE)/node_modules/.bin/redocly lint --extends recommended-strict openapi/openapi.json && \
	$(NODE)/node_modules/.bin/spectral lint --ruleset openapi/.spectral.yaml --fail-severity warn openapi/openapi.json

.PHONY: run install help test check lint-sql lint-openapi coverage bench mutants chaos spec lock clean

run: .venv/.runtime ## start PostgreSQL and the server with demo data (PORT=8000 DATA=var)
	@JARING_PORT=$(PORT) JARING_DATA=$(DATA) $(BIN)/jaring serve --demo

install: .venv/.runtime ## install what `jaring` needs into .venv, without starting anything

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

test: .venv/.development ## run all tests
	$(BIN)/$(PYTEST) -n 2 --dist loadfile --no-loadscope-reorder

coverage: .venv/.development ## the same, and fail if fewer branches are covered than before
	$(BIN)/coverage erase
	@$(MAKE) --no-print-directory test PYTEST="coverage run -m pytest"
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --skip-covered

check: .venv/.development ## run all checks that need no running server: format, lint, types, imports, spelling, SQL, OpenAPI
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell
	@$(MAKE) --no-print-directory lint-sql
	$(BIN)/jaring openapi | diff - openapi/openapi.json
	$(BIN)/jaring problems | diff - docs/problems.md
	@if test -e $(NODE)/.installed; then $(LINT_OPENAPI); \
	else echo "redocly and spectral are skipped: \`make lint-openapi\` installs them"; fi

lint-sql: .venv/.development ## write the SQL of each migration to build/migrations, and lint it
	@rm -rf build/migrations && mkdir -p build/migrations
	@from=base; for file in alembic/versions/*.py; do \
		revision=$$(basename $$file | cut -d_ -f1); \
		$(BIN)/alembic upgrade $$from:$$revision --sql > build/migrations/$$revision.sql || exit 1; \
		from=$$revision; \
	done 2> build/migrations/alembic.log || { cat build/migrations/alembic.log >&2; exit 1; }
	$(BIN)/squawk build/migrations/*.sql

# The linters need Node.js. Once installed they are part of `check` too.
lint-openapi: ## lint the OpenAPI document with redocly and spectral, if npm is installed
	@if command -v npm > /dev/null; then $(MAKE) --no-print-directory $(NODE)/.installed && $(LINT_OPENAPI); \
	else echo "redocly and spectral are skipped: npm is not installed"; fi

bench: .venv/.development ## measure the redirect and the bot rules
	$(BIN)/python -m benchmarks.redirects
	$(BIN)/python -m benchmarks.classifier

# MUTANTS="--minutes 20 campaigns/links" bounds the time and the files. The same command goes on where it was.
mutants: .venv/.development ## plant faults in rules, queries and SQL, and print those no test notices
	$(BIN)/python -m tests.mutants $(MUTANTS)

chaos: .venv/.development ## break everything around a tap, and compare what was acknowledged with what is stored
	$(BIN)/python -m benchmarks.chaos

spec: .venv/.runtime ## write openapi/openapi.json and docs/problems.md
	$(BIN)/jaring openapi > openapi/openapi.json
	$(BIN)/jaring problems > docs/problems.md

# Needs uv. No address of an index is written down.
lock: ## pin every package with its hashes
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header pyproject.toml --group dev -o requirements-dev.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -c requirements-dev.lock pyproject.toml --group build -o requirements.lock

clean: ## delete the environment, the demo's data and what was built
	rm -rf .venv var build

.venv/.runtime: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Jaring needs Python 3.11 or newer; name one with PYTHON=" >&2; exit 1; }
	@$(BIN)/pip --version > /dev/null 2>&1 || $(PYTHON) -m venv .venv
	@echo "Installing $$(grep -c '^[a-z].*==' requirements.lock) packages into .venv. This takes a minute or two, and is done once."
	$(BIN)/pip install $(PIP_OPTIONS) --require-hashes -r requirements.lock
	$(BIN)/pip install $(PIP_OPTIONS) --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.development: .venv/.runtime requirements-dev.lock
	@echo "Installing what tests and checks need into .venv."
	$(BIN)/pip install $(PIP_OPTIONS) --quiet --require-hashes -r requirements-dev.lock
	@touch $@

$(NODE)/.installed: openapi/package.json openapi/package-lock.json
	@mkdir -p $(NODE) && cp openapi/package.json openapi/package-lock.json $(NODE)
	npm ci --prefix $(NODE) --ignore-scripts --no-audit --no-fund --silent
	@touch $@
