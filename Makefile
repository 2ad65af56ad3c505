PY ?= python3
BIN := .venv/bin

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: .venv/.done ## a virtual environment with everything pinned
.venv/.done: requirements/dev.txt pyproject.toml
	$(PY) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes --requirement requirements/dev.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

lock: ## pin all dependencies anew, hashes and no index
	for x in dev edge stt brain tts recorder desk; do $(BIN)/uv pip compile pyproject.toml --extra $$x --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet $$(test $$x = dev || echo --constraint requirements/dev.txt) --output-file requirements/$$x.txt || exit 1; done

proto: setup ## generate parley/v1 from proto/
	$(BIN)/python -m grpc_tools.protoc -Iproto --python_out=. --pyi_out=. proto/parley/v1/*.proto

.PHONY: help setup lock proto
