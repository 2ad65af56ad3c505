"""The services export the metrics of the catalogue, on which dashboards and alerts rely."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.parser import text_string_to_metric_families

from cli.free_port import free_port
from parley.telemetry.catalogue import METRICS
from parley.telemetry.catalogue.survival import SHADOW_DIFFERENCES
from tests.eventually import eventually
from tests.nats_server import NatsServer

ROOT = Path(__file__).parents[2]
SERVICES = ("edge", "stt", "brain", "tts", "recorder")


@asynccontextmanager
async def service(name: str, nats_url: str, recordings: Path) -> AsyncIterator[str]:
    """A process of a service; yields the address of its metrics."""
    port = free_port()
    variable = "PARLEY_EDGE_METRICS_PORT" if name == "edge" else f"PARLEY_{name.upper()}_PORT"
    environment = {
        **os.environ,
        "PARLEY_NATS_URL": nats_url,
        "PARLEY_EDGE_PORT": "0",
        "PARLEY_RECORDINGS_URL": recordings.as_uri(),
        "PARLEY_POSTGRES_URL": f"postgresql://postgres@127.0.0.1:{free_port()}/none",
        "DEEPGRAM_API_KEY": "none",
        "OPENAI_API_KEY": "none",
        "ELEVENLABS_API_KEY": "none",
        "TWILIO_AUTH_TOKEN": "none",
        variable: str(port),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"services.{name}", env=environment, cwd=ROOT
    )
    try:
        yield f"http://127.0.0.1:{port}/metrics"
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 30)


async def scrape(url: str) -> dict[str, Family]:
    """The metrics of Parley at an address, by name, once the state of the bus is among them."""

    async def answer() -> str:
        async with httpx.AsyncClient(timeout=10) as client:
            try:
                text = (await client.get(url)).text
            except httpx.TransportError:
                return ""
        return text if "parley_work_pending{" in text else ""

    families = {}
    for family in text_string_to_metric_families(await eventually(answer, timeout_s=60, interval_s=0.3)):
        if family.name.startswith("parley_") and not family.name.endswith("_created"):
            families[f"{family.name}_total" if family.type == "counter" else family.name] = family
    return families


async def test_each_service_exports_what_the_catalogue_declares(
    nats_server: NatsServer, tmp_path: Path
) -> None:
    """No metric is missing or undeclared, and each has the declared kind and labels."""
    async with AsyncExitStack() as stack:
        urls = [
            await stack.enter_async_context(service(name, nats_server.url, tmp_path)) for name in SERVICES
        ]
        exported = dict(zip(SERVICES, await asyncio.gather(*map(scrape, urls)), strict=True))

    for name, families in exported.items():
        # Only a shadow exports its differences.
        declared = {
            metric.name: metric
            for metric in METRICS.values()
            if name in metric.exported_by and metric is not SHADOW_DIFFERENCES
        }
        assert set(families) == set(declared), name
        for metric_name, family in families.items():
            assert family.type == declared[metric_name].kind.value, metric_name
            labels = [set(sample.labels) - {"le"} for sample in family.samples]
            assert all(found == set(declared[metric_name].labels) for found in labels), metric_name
