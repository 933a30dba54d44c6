# Every verb does the set-up it needs: `make up` and `make test` are enough on a fresh machine.
# Arguments go through ARGS: make up ARGS="--memory --http-port 9000"

ARGS ?=
bin := .venv/bin
inputs := scripts/setup pyproject.toml
# Four workers at most: each runs a whole sandbox.
pytest := $(bin)/pytest -n auto --maxprocesses 4
unmarked := not foreign and not browser
# Services whose tests also run against several processes.
several := tests/dmp tests/mssante tests/pro_sante_connect tests/ins tests/apcv tests/population \
	tests/e_prescription tests/terminologies tests/meta/test_isolation.py \
	tests/meta/test_things_of_a_tenant.py
# ONLY=marked leaves out of test-all what `make test` has run.
ONLY ?=

unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
.PHONY: help setup up demo routes test test-all lint bench docs lock clean

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

setup: ## a fresh .venv with everything that tests need, from the lock
	scripts/setup --fresh dev

up: .venv/.core ## start the sandbox on http://127.0.0.1:8080 (Ctrl-C stops it)
	@$(bin)/socle up $(ARGS)

demo: .venv/.core ## play the prescription journey on a sandbox of its own
	@$(bin)/socle demo $(ARGS)

routes: .venv/.core ## list transactions, addresses and source files
	@$(bin)/socle routes $(ARGS)

test: .venv/.dev ## all tests that Python packages alone can run
	$(pytest) -m "$(unmarked)" $(ARGS)

test-all: .venv/.foreign ## all tests: browsers, foreign clients, and again on PostgreSQL
	scripts/setup-foreign
	$(pytest) -m "$(if $(ONLY),foreign and not browser,not browser)" $(ARGS)
	$(pytest) -m browser $(ARGS)
	SOCLE_TEST_DATABASE=postgresql $(pytest) -m "$(unmarked)" $(ARGS)
	SOCLE_TEST_DATABASE=postgresql SOCLE_TEST_WORKERS=2 $(pytest) -m "$(unmarked)" $(several) $(ARGS)

lint: .venv/.dev ## ruff and strict mypy
	$(bin)/ruff check .
	$(bin)/mypy

bench: .venv/.dev ## measure start, memory and CPU per request beside a peer
	$(bin)/python -m benchmarks $(ARGS)

docs: .venv/.dev ## write the reference pages from the declarations
	$(bin)/python scripts/make_docs.py $(ARGS)

lock: .venv/.core ## resolve the dependencies anew (ARGS=--upgrade for the newest)
	scripts/lock $(ARGS)

clean: ## remove the environment and caches (the data directory ./var stays)
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
	rm -rf tests/clients/node/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.core: requirements/core.lock $(inputs)
	scripts/setup core

.venv/.dev: requirements/dev.lock $(inputs)
	scripts/setup dev

.venv/.foreign: requirements/foreign.lock $(inputs)
	scripts/setup foreign
