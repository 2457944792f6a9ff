# Every task of the project. `make help` lists them; each sets itself up from a Python (3.11 or newer, with venv) alone.

SHELL := /bin/sh
.DEFAULT_GOAL := help

# The interpreter that makes the environment: the first that is new enough, or the one given as `make PYTHON=… test`.
PYTHON ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$each" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$each" && break; done)
VENV ?= .venv
READY := $(VENV)/.ready
RUN := $(VENV)/bin/python
# A pip of any age, quiet but for errors. The build backend is installed before it is needed, so that it too has the
# version of constraints.txt.
PIP := -m pip --disable-pip-version-check --quiet
EXACT := --constraint $(CURDIR)/constraints.txt
# what the fast tests leave out: minutes of crashes and builds, and clients that npm must bring
FAST := not slow and not client
# the formatter also knows examples in Markdown; those of packs and docs are laid out for their readers
CODE := skillctl registry runtime plugins tests
WHEEL_ROOM := .cache/wheel
WHEEL_TEST = rm -rf $(WHEEL_ROOM) && $(RUN) -m build --wheel --no-isolation --outdir $(WHEEL_ROOM) && \
	tests/run_on_wheel "$$(echo $(WHEEL_ROOM)/*.whl)"

##@ Use

.PHONY: help
help: ## List every task
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: $(READY) ## Install a shipped pack into a new project and show what an agent now sees
	@$(RUN) -m tests.demo

.PHONY: setup
setup: $(READY) ## Make the environment in .venv (every other task does it by itself)

##@ Check

.PHONY: tools
tools: $(READY) ## Install the package managers that the runtime's tests drive into .cache/tools
	@$(RUN) tests/tools/install.py

.PHONY: test
test: $(READY) tools ## The whole test suite; the last line names what was skipped
	$(RUN) -m pytest -n auto --dist worksteal

.PHONY: test-fast
test-fast: $(READY) ## The tests without the slow ones and without real agent clients
	$(RUN) -m pytest -n auto --dist worksteal -m "$(FAST)"

.PHONY: lint
lint: $(READY) ## Style and formatting
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check $(CODE)

.PHONY: types
types: $(READY) ## Types, strictly, tests included
	$(RUN) -m mypy

.PHONY: docs-check
docs-check: $(READY) ## Are the generated reference pages current?
	$(RUN) -m tests.docs.generate --check

.PHONY: wheel
wheel: $(READY) ## Build the wheel into dist/
	rm -rf dist
	$(RUN) -m build --wheel --no-isolation --outdir dist

.PHONY: wheel-test
wheel-test: $(READY) ## The fast tests against the built wheel, away from the source tree, on the newest Python found here
	$(WHEEL_TEST) newest -n auto --dist worksteal -m "$(FAST)"

.PHONY: wheel-test-all
wheel-test-all: $(READY) ## The same on each Python from 3.11 to 3.14 that is found here; the missing ones are named
	$(WHEEL_TEST) each -n auto --dist worksteal -m "$(FAST)"

.PHONY: faults
faults: $(READY) ## Break every write, rename, sync, unlink and mkdir of each command by strace; goes on where it was
	$(RUN) -m tests.faults.every

.PHONY: bench
bench: $(READY) ## Measure start-up, install, sync, validate and resolve, and print a table
	$(RUN) -m tests.bench

##@ Keep

.PHONY: docs
docs: $(READY) ## Write the generated reference pages anew
	$(RUN) -m tests.docs.generate

.PHONY: format
format: $(READY) ## Format the code and mend what can be mended by itself
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format $(CODE)

.PHONY: constraints
constraints: ## Write constraints.txt anew: the newest versions that pyproject.toml accepts
	rm -rf .cache/constraints
	$(PYTHON) -m venv .cache/constraints
	.cache/constraints/bin/python $(PIP) install -e '.[dev]' hatchling editables
	{ sed '/^#/!d' constraints.txt; .cache/constraints/bin/python -m pip freeze --exclude-editable; } > constraints.new
	mv constraints.new constraints.txt

.PHONY: clean
clean: ## Remove everything that these tasks made, environments and caches included
	rm -rf $(VENV) .cache build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp: newer than what the environment was made from, so a second run installs nothing.
$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with the venv module is needed: make PYTHON=/path/to/python3.11 …" >&2; exit 1; }
	@echo "Making the environment in $(VENV) with $$($(PYTHON) --version)"
	@$(RUN) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@$(RUN) $(PIP) install $(EXACT) hatchling editables
	@$(RUN) $(PIP) install $(EXACT) --no-build-isolation --editable '.[dev]'
	@touch $(READY)
