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

check: ## linter, formatter, types
	@sh scripts/install.sh test
	@$(PYTHON) -m ruff check . && $(PYTHON) -m ruff format --check . && $(PYTHON) -m mypy

format: ## format Python and the console
	@$(PYTHON) -m ruff check --fix -q . ; $(PYTHON) -m ruff format .

console: ## build the console
	@sh scripts/install.sh console

chaos: ## kill the process 200 times while 50 people talk
	@sh scripts/install.sh test
	@TEDUH_CHAOS_KILLS=200 TEDUH_CHAOS_TALKS=50 $(PYTHON) -m pytest tests/chaos

fuzz: ## long runs of the property tests
	@sh scripts/install.sh test
	@HYPOTHESIS_PROFILE=long $(PYTHON) -m pytest tests -k "fuzz or propert or malformed"

bench: ## our path beside bare echo bots, in one run
	@sh scripts/install.sh test
	@$(PYTHON) -m bench

lock: ## write requirements/*.txt anew from pyproject.toml (needs uv)
	@for set in "run:" "build:--group build" "test:--group build --group test --group check"; do \
	  name=$${set%%:*}; project=pyproject.toml; [ $$name = build ] && project=; \
	  uv pip compile -q --upgrade $$project $${set#*:} --universal --python-version 3.11 --generate-hashes \
	    --no-header --no-emit-index-url --no-annotate -o requirements/$$name.txt; done

clean: ## remove what was installed and built; data stays
	rm -rf .venv console/node_modules console/dist .pytest_cache .ruff_cache .mypy_cache .hypothesis
