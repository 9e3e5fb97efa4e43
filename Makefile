# Every target sets up what it needs: Python 3.11 or newer and make are enough.
# PYTHON chooses the interpreter:  make test PYTHON=python3.13

VENV := .venv
BIN := $(VENV)/bin
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	$$python -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$python && break; done)

# Published Conductor clients, each with an environment of its own, for tests/e2e.
CLIENTS := 2.0.0 1.5.1
CLIENT_LOCK := tests/e2e/clients/conductor-python-

.PHONY: install clients dev test check format conformance bench lock clean

install: $(VENV)/.installed

# Made anew when what is installed changes, so that no removed package lingers.
$(VENV)/.installed: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Podium needs Python 3.11 or newer" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--no-deps --no-build-isolation --editable .
	@touch $@

clients: $(CLIENTS:%=.venv-clients/%/.installed)

.venv-clients/%/.installed: $(CLIENT_LOCK)%.lock
	$(PYTHON) -m venv --clear $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --requirement $<
	@touch $@

dev: install                  ## the whole service in one process, with a demo
	$(BIN)/podium dev --demo

test: install clients         ## every tier that needs no account
	$(BIN)/python -m pytest $(TESTS)

conformance: install          ## Conductor's rules, by the reference's section ids
	$(BIN)/python -m pytest tests/conformance

check: install                ## lint, format, types, architecture
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install               ## put the code into its form
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: install                ## billed requests, latency, throughput: printed
	$(BIN)/python tests/bench/run.py

COMPILE := .lock/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url

lock:                         ## state the versions again, with hashes and no addresses
	$(PYTHON) -m venv .lock
	.lock/bin/python -m pip install --quiet --disable-pip-version-check uv
	$(COMPILE) --all-extras --output-file requirements.lock pyproject.toml
	for version in $(CLIENTS); do echo "conductor-python==$$version" | \
		$(COMPILE) --output-file $(CLIENT_LOCK)$$version.lock - || exit 1; done
	rm -rf .lock

clean:
	rm -rf $(VENV) .venv-clients .lock .bench .podium .mypy_cache .ruff_cache \
		.pytest_cache .hypothesis .import_linter_cache dist build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
