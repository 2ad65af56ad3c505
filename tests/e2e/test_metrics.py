"""The metrics of a running system after a call: their values and labels."""

from collections.abc import Mapping, Sequence

import httpx
import pytest
from prometheus_client import Metric as Family
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from cli.call_log import follow, open_bus
from parley.latency.turn import PARTS
from parley.telemetry.catalogue import METRICS
from parley.telemetry.catalogue.metric import EVERY_SERVICE, Kind, Metric
from sandbox.caller.client import open_telephone
from sandbox.caller.script_parser import parse_script
from tests.e2e.running import Up
from tests.eventually import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

SCRIPT = parse_script(
    {
        "steps": [
            "listen",
            {"say": "what are your opening hours"},
            "listen",
            {"say": "thank you goodbye"},
            "expect_hang_up",
        ]
    }
)
PORTS = {service: f"PARLEY_{service.upper()}_PORT" for service in EVERY_SERVICE}
PORTS["edge"] = "PARLEY_EDGE_METRICS_PORT"


async def scrape(up: Up) -> dict[str, dict[str, Family]]:
    """Each service's families by their names in the catalogue."""
    scraped: dict[str, dict[str, Family]] = {}
    async with httpx.AsyncClient(headers={"Accept": "application/openmetrics-text; version=1.0.0"}) as client:
        for service, variable in PORTS.items():
            url = f"http://127.0.0.1:{up.state['environment'][variable]}/metrics"
            text = (await client.get(url)).text
            families = text_string_to_metric_families(text)  # type: ignore[no-untyped-call] # as prometheus_client has it
            scraped[service] = {
                family.name + "_total" * (family.type == "counter"): family
                for family in families
                if family.name.startswith("parley_")
            }
    return scraped


def total(families: Mapping[str, Family], name: str, **labels: str) -> float:
    """The sum of a counter or the count of a histogram, over the series with these labels."""
    names = (name, f"{name}_count")
    return sum(
        sample.value
        for sample in families[METRICS[name].name].samples
        if sample.name in names and labels.items() <= sample.labels.items()
    )


def wrong_labels(metric: Metric, family: Family) -> Sequence[dict[str, str]]:
    """Labels of series that differ from the declared ones."""
    extra = {"le"} if metric.kind is Kind.HISTOGRAM else set()
    return [sample.labels for sample in family.samples if sample.labels.keys() - extra != set(metric.labels)]


async def test_a_call_has_its_values_with_the_declared_labels(up: Up) -> None:
    """Series with values exist only after a call."""
    async with (
        open_bus(up.system.nats_url) as bus,
        open_telephone(up.system.telephone_url) as telephone,
    ):
        call_sid = await telephone.call(SCRIPT)
        assert [event async for event in follow(bus, call_sid)]

    async def measured() -> dict[str, dict[str, Family]] | None:
        found = await scrape(up)
        return found if total(found["recorder"], "parley_calls_ended_total", agent="clinic") else None

    scraped = await eventually(measured, timeout_s=20, interval_s=0.5)
    for families in scraped.values():
        for name, family in families.items():
            assert wrong_labels(METRICS[name], family) == []
    _check_call(scraped)


def _check_call(scraped: Mapping[str, Mapping[str, Family]]) -> None:
    recorder, brain, agent = scraped["recorder"], scraped["brain"], {"agent": "clinic"}
    assert total(recorder, "parley_calls_started_total", **agent, direction="inbound") >= 1
    assert total(recorder, "parley_turns_total", **agent, outcome="answered") >= 1
    assert total(recorder, "parley_replies_total", **agent, kind="greeting") >= 1
    assert total(recorder, "parley_turn_latency_seconds", **agent) >= 1
    providers = {"endpointing": "deepgram", "tts_ttfb": "elevenlabs", "llm_ttft": "openai", "playout": ""}
    for part in PARTS:
        assert total(recorder, "parley_turn_part_seconds", **agent, part=part) >= 1
    for part, provider in providers.items():
        assert total(recorder, "parley_turn_part_seconds", **agent, part=part, provider=provider) >= 1
    exemplars = [s.exemplar for s in recorder["parley_turn_latency_seconds"].samples if s.exemplar]
    assert len(exemplars[0].labels["trace_id"]) == 32
    for kind in ("input", "output"):
        assert total(brain, "parley_llm_tokens_total", **agent, provider="openai", kind=kind) > 0
    assert total(brain, "parley_tool_calls_total", **agent, tool="end_call", outcome="ok") >= 1
    assert total(scraped["tts"], "parley_tts_characters_total", **agent, provider="elevenlabs") > 0
    assert total(scraped["stt"], "parley_stt_audio_seconds_total", **agent, provider="deepgram") > 1
    outputs = {"stt": "connected", "brain": "first_token", "tts": "first_audio"}
    for service, output in outputs.items():
        assert total(scraped[service], "parley_provider_first_output_seconds", **agent, output=output) >= 1
