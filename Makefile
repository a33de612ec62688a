# Two commands matter: `make run` and `make test`. Both set themselves up; `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

BIN := .venv/bin
# Tests wait for phones more than they compute, so they run side by side even on two cores.
WORKERS ?= $(shell n=$$(( $$(nproc) * 2 )); echo $$(( n < 4 ? n : 4 )))
PYTEST := $(BIN)/pytest -n $(WORKERS) --dist worksteal

.PHONY: help run test check static docs bench clean

help: ## this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

run: .venv/.ready-to-run ## a server and a small telephone world on loopback, with a sample call
	@$(BIN)/ringout sandbox

test: .venv/.ready-to-test static ## everything: what check does, and calls between real phones
	@tools/system_programs.sh
	@tools/client_packages.sh
	$(PYTEST) tests

check: .venv/.ready-to-test static ## format, lint, types, imports, tests without foreign phones
	$(PYTEST) $(wildcard tests/unit tests/sip tests/contract tests/web)

static: .venv/.ready-to-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: .venv/.ready-to-test ## writes the reference pages anew from the code
	$(BIN)/python tools/reference.py
	$(BIN)/python tools/domain_reference.py
	$(BIN)/python -m ringout.web.reference > docs/reference/api.md

bench: .venv/.ready-to-test ## speed and size, against Asterisk on the same phones
	bench/run.sh

clean: ## removes the environment and what tools left
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist tests/clients/node_modules dialer/node_modules click-to-call/node_modules

.venv/.ready-to-run: pyproject.toml tools/python_environment.sh
	@tools/python_environment.sh
	@touch $@

.venv/.ready-to-test: pyproject.toml tools/python_environment.sh
	@tools/python_environment.sh --group dev
	@touch $@ .venv/.ready-to-run
