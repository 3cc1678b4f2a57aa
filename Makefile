# Teduh. `make run` to try it, `make test` before you send anything.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON := .venv/bin/python

.PHONY: help run demo test check format lock bench chaos fuzz console clean

help: ## say what there is
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

run: ## install what is needed, then run web chat and console on this machine
	@sh scripts/install.sh run
	@exec .venv/bin/teduh serve

demo: ## the same with 40 invented people, in a data folder of its own
	@sh scripts/install.sh run
	@exec .venv/bin/teduh demo

test: ## everything: lint, format, types, unit, storage, app, browser, console
	@sh scripts/install.sh test
	@sh scripts/test.sh

check: ## linter, formatter, types, of Python and the console
	@sh scripts/install.sh test
	@$(PYTHON) -m ruff check . && $(PYTHON) -m ruff format --check . && $(PYTHON) -m mypy && sh scripts/npm.sh run --silent check

format: ## format Python and the console
	@sh scripts/install.sh test
	@$(PYTHON) -m ruff check --fix -q . ; $(PYTHON) -m ruff format . ; sh scripts/npm.sh run --silent fix

console: ## build the console
	@sh scripts/install.sh console

chaos: ## kill the process 200 times while 50 people talk
	@sh scripts/install.sh test
	@TEDUH_CHAOS_KILLS=200 TEDUH_CHAOS_TALKS=50 TEDUH_CHAOS_RACES=10000 $(PYTHON) -m pytest tests/chaos

fuzz: ## 10,000 broken posts to each webhook, then the property tests 20 times (ROUNDS=…), each time with other examples
	@sh scripts/install.sh test
	@TEDUH_FUZZ_PAYLOADS=$${PAYLOADS:-10000} $(PYTHON) -m pytest tests/web/test_hooks_fuzz.py
	@for seed in $$(seq $${ROUNDS:-20}); do \
	  $(PYTHON) -m pytest tests -m hypothesis --hypothesis-seed=$$(date +%s)$$seed || exit 1; done

bench: ## our path beside bare echo bots, in one run
	@sh scripts/install.sh test
	@$(PYTHON) -m bench

lock: ## write the locks anew from pyproject.toml and console/package.json
	@sh scripts/install.sh node
	@.venv/bin/uv --version >/dev/null 2>&1 || $(PYTHON) -m pip install -q uv
	@for set in "run:" "build:--group build" "test:--group build --group test --group check"; do \
	  name=$${set%%:*}; project=pyproject.toml; [ $$name = build ] && project=; \
	  .venv/bin/uv pip compile -q --upgrade $$project $${set#*:} --universal --python-version 3.11 --generate-hashes \
	    --no-header --no-emit-index-url --no-annotate -o requirements/$$name.txt || exit 1; done
	@sh scripts/npm.sh install --package-lock-only --ignore-scripts --silent

clean: ## remove what was installed and built; data stays
	rm -rf .venv console/node_modules console/dist .pytest_cache .ruff_cache .mypy_cache .hypothesis
