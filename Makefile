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
# The JavaScript client comes with it where there is npm; its tests are skipped elsewhere.
JAVASCRIPT := tests/e2e/clients/javascript

# SAM's command line wants other versions than Podium: it has an environment of its own.
SAM_VENV := .venv-sam
SAM := SAM_CLI_TELEMETRY=0 PATH="$(CURDIR)/$(SAM_VENV)/bin:$$PATH" sam

.PHONY: install clients sam emulator dev test check format conformance bench build deploy \
	deploy-local test-emulated lock clean

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

clients: $(CLIENTS:%=.venv-clients/%/.installed) \
	$(if $(shell command -v npm),$(JAVASCRIPT)/node_modules/.installed)

.venv-clients/%/.installed: $(CLIENT_LOCK)%.lock
	$(PYTHON) -m venv --clear $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --requirement $<
	@touch $@

$(JAVASCRIPT)/node_modules/.installed: $(JAVASCRIPT)/package-lock.json
	cd $(JAVASCRIPT) && npm ci --silent
	@touch $@

sam: $(SAM_VENV)/.installed

# Its lock names every package, so pip has nothing to look for.
$(SAM_VENV)/.installed: requirements-sam.lock
	@test -n "$(PYTHON)" || { echo "Podium needs Python 3.11 or newer" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(SAM_VENV)
	$(SAM_VENV)/bin/python -m pip install --quiet --disable-pip-version-check \
		--no-deps --require-hashes --requirement requirements-sam.lock
	@touch $@

# AWS in a process, which runs the template's functions; it wants other versions too.
emulator: .venv-emulator/.installed

.venv-emulator/.installed: requirements-emulator.lock
	@test -n "$(PYTHON)" || { echo "Podium needs Python 3.11 or newer" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check \
		--no-deps --require-hashes --requirement $<
	@touch $@

dev: install                  ## the whole service in one process, with a demo
	$(BIN)/podium dev --demo

test: install clients sam     ## every tier that needs no account and no emulator
	$(BIN)/python -m pytest --numprocesses=auto --maxprocesses=4 --dist=worksteal \
		$(or $(TESTS),--ignore=tests/emulated)

# The ports; published clients, and then all else: the last test is an update of the stack.
test-emulated: install clients sam emulator    ## the template in an emulator, 10 minutes
	$(BIN)/python -m pytest --home=emulator tests/contracts
	$(BIN)/python -m pytest --server=deployed --home=deployed-sample \
		tests/e2e/test_conductor_python.py tests/e2e/test_conductor_javascript.py \
		tests/conformance tests/emulated

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

build: sam                    ## what Lambda runs, in .aws-sam/
	$(SAM) build

# The first time it asks for what it needs, and keeps the answers in samconfig.toml.
deploy: install build         ## into the AWS account whose credentials are at hand
	$(SAM) deploy --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND \
		--resolve-s3 --no-fail-on-empty-changeset \
		$(if $(wildcard samconfig.toml),,--guided --stack-name podium) $(DEPLOY)

# Such as:  make deploy-local PARAMETERS="AccessMode=keys"
deploy-local: install sam emulator     ## into an emulator on this machine, until Ctrl-C
	$(BIN)/python -m podium_local.emulated $(PARAMETERS)

COMPILE_PLAIN := .lock/bin/uv pip compile --quiet --upgrade --generate-hashes \
	--no-header --no-annotate --no-emit-index-url
COMPILE := $(COMPILE_PLAIN) --universal --python-version 3.11

# The layer leaves out boto3 and what it alone needs: Lambda's runtime has them.
LAMBDA_HAS := boto3 botocore s3transfer python-dateutil six

lock:                         ## state the versions again, with hashes and no addresses
	$(PYTHON) -m venv .lock
	.lock/bin/python -m pip install --quiet --disable-pip-version-check uv
	$(COMPILE) --all-extras --output-file requirements.lock pyproject.toml
	$(COMPILE_PLAIN) --python-version 3.13 --python-platform aarch64-manylinux_2_28 \
		--only-binary :all: --extra aws --constraint requirements.lock \
		$(LAMBDA_HAS:%=--no-emit-package %) --output-file \
		requirements-layer.lock pyproject.toml
	echo aws-sam-cli | $(COMPILE) --output-file requirements-sam.lock -
	printf '%s\n' ministack aws-sam-translator boto3 | \
		$(COMPILE) --output-file requirements-emulator.lock -
	for version in $(CLIENTS); do echo "conductor-python==$$version" | \
		$(COMPILE) --output-file $(CLIENT_LOCK)$$version.lock - || exit 1; done
	rm -rf .lock

clean:
	rm -rf $(VENV) .venv-clients $(JAVASCRIPT)/node_modules $(SAM_VENV) .venv-emulator .lock .aws-sam .bench .podium \
		.mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
