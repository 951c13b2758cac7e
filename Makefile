# Every target makes and reuses a virtual environment in the checkout; nothing else has to be installed before.
VENV   := .venv
PYTHON ?= python3
BIN    := $(VENV)/bin
COMPILED := .tools/compiled

.DEFAULT_GOAL := help
.PHONY: help demo test lint types contracts generate fresh bench bench-compiled growth peers score docs compiled check clean

help:  ## show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "%-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/kvlint: pyproject.toml
	@echo "installing kvlint into $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml $(BIN)/kvlint
	@echo "installing the tools of development into $(VENV)"
	@$(BIN)/python tools/groups.py test dev | $(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement /dev/stdin
	@touch $@

$(VENV)/.docs: pyproject.toml $(BIN)/kvlint
	@echo "installing mkdocs into $(VENV)"
	@$(BIN)/python tools/groups.py docs | $(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement /dev/stdin
	@touch $@

$(VENV)/.bench: pyproject.toml $(BIN)/kvlint
	@echo "installing matplotlib into $(VENV)"
	@$(BIN)/python tools/groups.py bench | $(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement /dev/stdin
	@touch $@

demo: $(BIN)/kvlint  ## lint the manifests of all five storage eras
	@$(BIN)/kvlint check --isolated --no-inventory --exit-zero examples

test: $(VENV)/.dev  ## run the whole test suite
	@$(BIN)/python -m pytest -n 2 $(PYTEST_ARGS)

lint: $(VENV)/.dev  ## style and formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.dev  ## mypy --strict
	@$(BIN)/mypy

contracts: $(VENV)/.dev  ## imports go one way
	@$(BIN)/lint-imports

generate: $(VENV)/.dev  ## compile rule cards, knowledge tables, schemas and rule pages
	@$(BIN)/python tools/generate.py

fresh: $(VENV)/.dev  ## fail when a generated file is stale
	@$(BIN)/python tools/generate.py --check

docs: $(VENV)/.docs  ## build the documentation site; a broken link fails
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "built site/index.html"

bench: $(VENV)/.dev  ## measure: start-up, throughput (FILES=20000 for the budgets)
	@$(BIN)/python benchmarks/run.py --files $(or $(FILES),2000)

bench-compiled: $(COMPILED)/lib  ## the same with the busiest modules compiled
	@PYTHONPATH=$(CURDIR)/$< $(BIN)/python benchmarks/run.py --files $(or $(FILES),2000)

growth: $(VENV)/.bench  ## measure growth and draw docs/images/growth.svg (MOST=100000 files, LARGEST=100 MB)
	@$(BIN)/python benchmarks/run.py growth --data benchmarks/growth.json --most $(or $(MOST),100000) --largest $(or $(LARGEST),100)
	@$(BIN)/python benchmarks/plot.py benchmarks/growth.json docs/images/growth.svg

peers: $(VENV)/.bench  ## run kvlint and other linters on the same files (FOLDER=where they are installed)
	@$(BIN)/python benchmarks/peers.py --folder $(or $(FOLDER),.tools/peers) $(PEERS_ARGS)

$(COMPILED)/lib: $(VENV)/.dev pyproject.toml $(shell find kvlint -name '*.py')
	@echo "compiling kvlint into $@"
	@rm -rf $(COMPILED) && mkdir -p $(COMPILED)/source
	@tar -cf - --exclude __pycache__ pyproject.toml README.md LICENSE kvlint rules | tar -xf - -C $(COMPILED)/source
	@HATCH_BUILD_HOOKS_ENABLE=1 $(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir $(COMPILED) $(COMPILED)/source
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target $@ $(COMPILED)/*.whl

compiled: $(COMPILED)/lib  ## run the tests with the busiest modules compiled by mypyc (needs a C compiler)
	@PYTHONPATH=$(CURDIR)/$< $(BIN)/python -P -c "import sys, kvlint.node; sys.exit('nothing is compiled') if kvlint.node.__file__.endswith('.py') else None"
	@PYTHONPATH=$(CURDIR)/$< $(BIN)/pytest -n 2 -m "not precommit" $(PYTEST_ARGS)

check: lint types contracts fresh docs test  ## everything that must hold before a commit

clean:  ## remove what the targets made
	@rm -rf $(VENV) dist build site .mypy_cache .ruff_cache .pytest_cache .hypothesis

score: $(VENV)/.dev  ## score against a labelled corpus: make score CORPUS=folder
	@$(BIN)/python tools/score.py $(CORPUS)
