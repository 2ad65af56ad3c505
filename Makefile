PY ?= python3
BIN := .venv/bin
# Errors only: every package is pinned with its hash, so no warning of pip calls for an action.
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore $(BIN)/pip -qq

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: .venv/.done ## a virtual environment with everything pinned
.venv/.done: requirements/dev.txt pyproject.toml
	$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Parley needs Python 3.11 or later: make setup PY=python3.11")'
	$(PY) -m venv .venv
	$(PIP) install --require-hashes --requirement requirements/dev.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@

demo: setup ## hear a call: the whole system, one conversation, then where recording and transcript lie
	$(BIN)/parley demo

up: setup ## run the whole system until Ctrl-C
	$(BIN)/parley up

call: setup ## a simulated call against the running system
	$(BIN)/parley call

format: setup ## bring the code into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

check: setup ## lint, types, who may import whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

mirror: setup ## modules without a unit test of their own, and the other way round
	$(BIN)/python -m scripts.check_test_mirror

wording: setup ## private words and unidiomatic English; `ARGS="--count"` for totals
	$(BIN)/python -m scripts.check_wording $(ARGS)

unit: setup ## unit tests: no servers, no processes (30 seconds)
	$(BIN)/pytest -q -n 2 tests/unit

quick: setup ## unit and integration tests, without whole calls (3 minutes)
	$(BIN)/pytest -q -n 2 -m "not slow and not alone" tests/unit tests/integration

test: check ## all checks and tests: whole systems one after another, the rest beside them
	$(BIN)/pytest -n 2 -m "not alone"
	$(BIN)/pytest -m alone

bench: setup ## first figures: latency, bus hops, CPU and memory; writes build/bench.json
	$(BIN)/python -m bench

bench-turns: setup ## what a turn costs, less the vendors' time; barge-in; writes build/bench-turns.json (over an hour)
	$(BIN)/python -m bench.turns $(ARGS)

chaos: setup ## kill, stop and end everything while calls go on; what was lost; writes build/chaos.json (40 minutes)
	$(BIN)/python -m bench.chaos $(ARGS)

soak: setup ## an hour's worth of calls at a high rate; what they leave behind; writes build/soak.json (ten minutes)
	$(BIN)/python -m bench.soak $(ARGS)

lock: ## pin all dependencies anew, hashes and no index
	for x in dev edge stt brain tts recorder local; do $(BIN)/uv pip compile pyproject.toml --extra $$x --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet $$(test $$x = dev || echo --constraint requirements/dev.txt) --output-file requirements/$$x.txt || exit 1; done

docs: setup ## generate docs/settings.md from the settings classes and docs/events.md from proto/
	$(BIN)/python -m scripts.settings_docs
	$(BIN)/python proto/make_docs.py

proto: setup ## generate parley/v1 and docs/events.md from proto/
	$(BIN)/python -m grpc_tools.protoc -Iproto --python_out=. --pyi_out=. proto/parley/v1/*.proto
	$(BIN)/python proto/make_docs.py

.PHONY: help setup demo up call format check unit quick test mirror wording bench bench-turns chaos soak lock docs proto
