"""Tests for the daily check of the models' ends."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from openai import AsyncOpenAI
from prometheus_client import CollectorRegistry, Gauge
from structlog.testing import capture_logs

from parley.agent_config import LlmConfig
from services.brain.providers.openai.servers import Servers
from services.brain.providers.openai.shutdown_dates import ShutdownDates
from services.brain.settings import BrainSettings

BASE_URL = "https://models.test/v1"


class Checked:
    """A check of two models with a server that answers as given."""

    def __init__(self, answer: bytes, status: int = 200, base_url: str = BASE_URL) -> None:
        transport = httpx2.MockTransport(lambda _request: httpx2.Response(status, content=answer))
        client = AsyncOpenAI(
            api_key="k",
            base_url=base_url,
            max_retries=0,
            http_client=httpx2.AsyncClient(transport=transport),
        )
        settings = BrainSettings(openai_api_key="k", openai_base_url=base_url)  # type: ignore[arg-type]
        self.registry = CollectorRegistry()
        gauge = Gauge("ends", "x", ["provider", "model"], registry=self.registry)
        servers = Servers(client, settings)
        self.dates = ShutdownDates(servers, gauge, [LlmConfig(model="gpt-4.1")])
        self.dates.use(servers.default, "m-1")

    def value(self, model: str) -> float | None:
        """The metric of a model."""
        return self.registry.get_sample_value("ends", {"provider": "openai", "model": model})


def listing(*models: dict[str, Any]) -> bytes:
    return json.dumps({"object": "list", "data": list(models)}).encode()


async def test_a_date_of_the_server_sets_the_metric_and_is_logged() -> None:
    checked = Checked(
        listing({"id": "m-1", "shutdown_date": "2027-03-01"}, {"id": "m-2", "shutdown_date": "2027-01-01"})
    )
    with capture_logs() as logs:
        await checked.dates.check()

    assert checked.value("m-1") == datetime(2027, 3, 1, tzinfo=UTC).timestamp()
    assert checked.value("m-2") is None
    assert [(entry["event"], entry["model"], entry["ends"]) for entry in logs] == [
        ("model_ends", "m-1", "2027-03-01")
    ]


async def test_the_table_counts_where_the_server_does_not_answer() -> None:
    checked = Checked(b"", 500, "https://api.openai.com/v1")
    await checked.dates.check()

    assert checked.value("gpt-4.1") == datetime(2027, 1, 14, tzinfo=UTC).timestamp()
    assert checked.value("m-1") is None


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>",
        b"null",
        b"[]",
        b'{"data": 1}',
        b'{"data": [1, null, {}, {"id": 1, "shutdown_date": "2027-01-01"}]}',
        b'{"data": [{"id": "m-1", "shutdown_date": "soon"}, {"id": "m-1", "shutdown_date": 5}]}',
        b"[" * 100_000,
    ],
)
async def test_no_answer_fails_the_check(answer: bytes) -> None:
    checked = Checked(answer)
    await checked.dates.check()

    assert checked.value("m-1") is None


async def test_the_number_of_models_is_bounded() -> None:
    checked = Checked(listing(*({"id": f"n-{n}", "shutdown_date": "2027-03-01"} for n in range(1000))))
    servers = checked.dates._servers
    for number in range(1000):
        checked.dates.use(servers.default, f"n-{number}")
    await checked.dates.check()

    assert checked.value("n-5") is not None
    assert checked.value("n-999") is None
