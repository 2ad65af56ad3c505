PY ?= python3
BIN := .venv/bin
# Errors only: every package is pinned with its hash, so no warning of pip calls for an action.
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore $(BIN)/pip -qq

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: .venv/.done ## create .venv with all pinned dependencies
.venv/.done: requirements/dev.txt pyproject.toml
	$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Parley needs Python 3.11 or later: make setup PY=python3.11")'
	$(PY) -m venv .venv
	$(PIP) install --require-hashes --requirement requirements/dev.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@

demo: setup ## start the system, run one call, show its recording and transcript
	$(BIN)/parley demo

demo-local: setup ## the same with speech on this machine, without any key: a human voice calls
	$(BIN)/parley demo --local

up: setup ## run the whole system until Ctrl-C
	$(BIN)/parley up

call: setup ## simulate a call to the running system
	$(BIN)/parley call

format: setup ## format the code and apply automatic fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

check: setup ## format, lint, types, import rules, test mirror, wording
	$(BIN)/ruff format --check .
	$(BIN)/ruff check --no-cache .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m scripts.check_test_mirror
	$(BIN)/python -m scripts.check_wording

doctor-findings: setup ## set each fault in a sandbox and write what `parley doctor` finds to docs/doctor.md (3 min)
	$(BIN)/python -W ignore -m tests.doctor_faults

mirror: setup ## list modules without a unit test and unit tests without a module
	$(BIN)/python -m scripts.check_test_mirror

wording: setup ## list private words and unidiomatic English (ARGS="--count": totals only)
	$(BIN)/python -m scripts.check_wording $(ARGS)

unit: setup ## unit tests: no servers, no processes (30 s)
	$(BIN)/pytest -q -n 2 tests/unit

quick: setup ## unit and integration tests, without whole calls (3 min)
	$(BIN)/pytest -q -n 4 --dist worksteal -m "not slow and not alone" tests/unit tests/integration tests/conformance

conformance: setup ## every check of every provider before its emulator; writes docs/conformance.json and the tables of docs/providers.md (1 min)
	$(BIN)/python -m tests.conformance
	$(BIN)/python -m scripts.providers_docs

field: setup ## what real providers do: each known case, expected and seen; writes build/field.md (3 min)
	$(BIN)/pytest -q -n 2 tests/field --field-table

close-race: setup ## synthesize 400 replies while ElevenLabs' close_context loses text (1 min)
	RACE_REPLIES=200 $(BIN)/pytest -q tests/field/test_synthesis.py -k close_race --field-table

fuzz: setup ## fuzz the readers of providers' answers, 200,000 inputs each; writes build/fuzz.json (10 min)
	@test "$$(uname -sm)" = "Linux x86_64" || { echo "Atheris has a wheel for Linux on x86-64 only"; exit 2; }
	$(PIP) install --require-hashes --requirement requirements/fuzz.txt
	$(BIN)/python -m tests.fuzz $(ARGS)

deploy-tools: setup ## put Helm, kubectl, Prometheus and Alertmanager into build/tools/bin (150 MB of downloads at first)
	$(BIN)/python -m scripts.deploy_tools

test: check deploy-tools ## all checks and tests, as in CI (25 min)
	@# Four tests share two cores: one that fails so may only have been late, and is tried once more, alone.
	$(BIN)/pytest -n 4 --dist worksteal -m "not alone" || { test $$? -eq 1 && $(BIN)/pytest --last-failed --last-failed-no-failures none --maxfail 5 -m "not alone"; }
	$(BIN)/pytest -m alone

chart-matrix: deploy-tools ## render and check the chart for 3456 combinations of values (5 min)
	$(BIN)/python -m tests.deploy.chart_matrix

turn-model: setup ## install the optional model of the end of a turn, Smart Turn v3, in build/ (60 MB)
	$(PIP) install --require-hashes --requirement requirements/turn-model.txt
	$(BIN)/python -m scripts.turn_model

interop: setup .venv-interop/.done ## Pipecat's bot and LiveKit's plugins against the sandbox (3 min, 800 MB)
	$(BIN)/python -m tests.interop

.venv-interop/.done: requirements/interop.txt
	$(PY) -m venv .venv-interop
	PIP_DISABLE_PIP_VERSION_CHECK=1 .venv-interop/bin/pip -q install --require-hashes --requirement requirements/interop.txt
	touch $@

compose-test: setup .venv-compose/.done ## build all images and run the compose file with podman: readiness, a call, kills, SIGTERM (root, Debian; 10 min)
	$(BIN)/python -m tests.compose

.venv-compose/.done: requirements/compose.txt
	$(PY) -m venv .venv-compose
	PIP_DISABLE_PIP_VERSION_CHECK=1 .venv-compose/bin/pip -q install --require-hashes --requirement requirements/compose.txt
	touch $@

sbom: ## write the software bill of materials of each image to build/sbom-SERVICE.json (CycloneDX; needs the images' requirements only)
	$(MAKE) setup .venv-sbom/.done
	mkdir -p build
	for x in edge stt brain tts recorder sandbox; do .venv-sbom/bin/cyclonedx-py requirements requirements/$$x.txt --output-reproducible --output-format JSON --output-file build/sbom-$$x.json || exit 1; done

.venv-sbom/.done: requirements/sbom.txt
	$(PY) -m venv .venv-sbom
	PIP_DISABLE_PIP_VERSION_CHECK=1 .venv-sbom/bin/pip -q install --require-hashes --requirement requirements/sbom.txt
	touch $@

bench: setup ## measure latency, bus hops, CPU and memory; writes build/bench.json
	$(BIN)/python -m bench

bench-turns: setup ## measure turns without the providers' time, and barge-in; writes build/bench-turns.json (70 min)
	$(BIN)/python -m bench.turns $(ARGS)

bench-speech: setup ## speech detection on human voices (downloads 110 MB of Debian packages), barge-in on whole calls (ARGS='--calls 1,20'), or the ends of turns (ARGS='--turn-ends'); writes build/bench-speech.json
	$(BIN)/python -m bench.speech $(ARGS)

bench-local-speech: setup ## Whisper on human voices: latency, processor time, calls per core (ARGS="--texts FILE": word errors); writes build/bench-local-speech.json (15 min)
	$(BIN)/python -m bench.local_speech $(ARGS)

bench-growth: setup ## cost per event, takeover, memory and requests at 1 to 240 minutes of call; writes build/bench-growth.json (5 min)
	$(BIN)/python -m bench.growth $(ARGS)

bench-realtime: setup ## turn latency and barge-in of speech to speech beside the cascade; or CPU and memory (ARGS='--load 4'); writes build/bench-realtime.json (25 min)
	$(BIN)/python -W ignore -m bench.realtime $(ARGS)

bench-knowledge: setup ## duration and hits of searches in 10,000 passages, full text and hybrid; writes build/bench-knowledge.json (3 min)
	$(BIN)/python -W ignore -m bench.knowledge $(ARGS)

chaos: setup ## kill, stop and restart processes during calls; writes build/chaos.json (40 min)
	$(BIN)/python -m bench.chaos $(ARGS)

rolling: setup ## restart each stage under 20 calls as the chart does it; writes build/rolling.json (8 min)
	$(BIN)/python -m bench.rolling $(ARGS)

alert-drill: setup deploy-tools ## inject faults until each alert fires in a real Prometheus; writes build/alert-drill.md (30 min)
	$(BIN)/python -m bench.alert_drill $(ARGS)

soak: setup ## run an hour of calls at a high rate and look for leaks; writes build/soak.json (10 min)
	$(BIN)/python -m bench.soak $(ARGS)

lock: ## pin all dependencies with hashes
	for x in dev edge stt brain tts recorder sandbox local local-stt local-tts fuzz; do $(BIN)/uv pip compile pyproject.toml --extra $$x --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet $$(test $$x = dev || echo --constraint requirements/dev.txt) --output-file requirements/$$x.txt || exit 1; done
	for x in compose sbom turn-model; do $(BIN)/uv pip compile requirements/$$x.in --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet --output-file requirements/$$x.txt || exit 1; done
	$(BIN)/uv pip compile requirements/interop.in --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet --output-file requirements/interop.txt

docs: setup ## generate docs/settings.md, docs/agent.schema.json, docs/metrics.md, docs/events.md and the tables of docs/sandbox.md and docs/providers.md
	$(BIN)/python -m scripts.settings_docs
	$(BIN)/python -m scripts.metrics_docs
	$(BIN)/python -m scripts.sandbox_docs
	$(BIN)/python -m scripts.providers_docs
	$(BIN)/python -m scripts.agent_schema
	$(BIN)/python proto/make_docs.py

alerts: setup ## generate deploy/alerts/latency.yaml from deploy/latency-budget.yaml
	$(BIN)/python -m scripts.latency_rules

.PHONY: chart-matrix
.PHONY: dashboards dashboard-data dashboard-pictures
dashboards: setup ## generate the Grafana dashboards in deploy/dashboards
	$(BIN)/python -m scripts.dashboards

dashboard-data: setup deploy-tools ## run every panel's query after calls and faults; writes build/dashboards.md (6 min)
	$(BIN)/python -m bench.dashboards $(ARGS)

dashboard-pictures: setup ## draw the dashboards from that data with Grafana's components; needs node and chromium
	$(BIN)/python -m scripts.dashboards.draw

proto: setup ## generate parley/v1 and docs/events.md from proto/
	$(BIN)/python -m grpc_tools.protoc -Iproto --python_out=. --pyi_out=. proto/parley/v1/*.proto
	$(BIN)/python proto/make_docs.py

.PHONY: turn-model chart-matrix help setup demo demo-local up call format check doctor-findings unit quick field fuzz close-race deploy-tools test mirror wording interop bench bench-speech bench-turns bench-growth bench-knowledge bench-realtime chaos rolling alert-drill soak bench-local-speech lock docs alerts proto
