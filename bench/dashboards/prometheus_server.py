"""A real Prometheus that scrapes every process of a system."""

import asyncio
import json
import math
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from cli.process import ChildProcess
from cli.system import System, running_processes
from cli.topology import ProcessSpec

_NAMESPACE = "sandbox"


@dataclass(frozen=True, slots=True)
class Prometheus:
    """Queries to a running Prometheus; each may raise httpx.HTTPError."""

    client: httpx.AsyncClient
    url: str

    async def instant(self, query: str, at_s: float) -> list[dict[str, Any]]:
        """Series of an instant query."""
        return await self._result("query", {"query": query, "time": at_s})

    async def range(self, query: str, start_s: float, end_s: float, step_s: float) -> list[dict[str, Any]]:
        """Series of a range query."""
        span = {"start": start_s, "end": end_s, "step": step_s}
        return await self._result("query_range", {"query": query, **span})

    async def exemplars(self, query: str, start_s: float, end_s: float) -> list[dict[str, Any]]:
        """Exemplars of the series in a query."""
        span = {"start": start_s, "end": end_s}
        data: list[dict[str, Any]] = await self._get("query_exemplars", {"query": query, **span})
        return data

    async def _result(self, path: str, params: Mapping[str, str | float]) -> list[dict[str, Any]]:
        data = await self._get(path, params)
        result: list[dict[str, Any]] = data["result"]
        return result

    async def _get(self, path: str, params: Mapping[str, str | float]) -> Any:
        reply = await self.client.post(f"{self.url}/api/v1/{path}", data=dict(params))
        body = reply.json()
        if body["status"] != "success":
            raise ValueError(f"{params['query']}: {body.get('error')}")
        return body["data"]


def configuration(targets: Mapping[str, str], interval_s: float) -> str:
    """The configuration that scrapes `targets`, an address for each name of a process."""
    job = {
        "job_name": "parley",
        "scrape_interval": f"{interval_s:g}s",
        "scrape_timeout": f"{min(interval_s, 10):g}s",
        "static_configs": [
            {"targets": [address], "labels": {"instance": name, "namespace": _NAMESPACE}}
            for name, address in sorted(targets.items())
        ],
    }
    return yaml.safe_dump({"scrape_configs": [job]})


def scrape_targets(processes: Mapping[str, ChildProcess]) -> dict[str, str]:
    """Address of /metrics of each service, by the process's name."""
    urls = {name: httpx.URL(process.spec.ready_url) for name, process in processes.items()}
    return {name: f"{url.host}:{url.port}" for name, url in urls.items() if url.path == "/readyz"}


@asynccontextmanager
async def running_prometheus(
    program: Path, system: System, port: int, home: Path, interval_s: float
) -> AsyncIterator[Prometheus]:
    """Run Prometheus beside a system; it is ready on entry and stopped on exit."""
    await asyncio.to_thread(home.mkdir, parents=True, exist_ok=True)
    file = home / "prometheus.yaml"
    file.write_text(configuration(scrape_targets(system.processes), interval_s), encoding="utf-8")
    argv = (
        str(program),
        f"--config.file={file}",
        f"--storage.tsdb.path={home / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--enable-feature=exemplar-storage",
        "--log.level=warn",
    )
    url = f"http://127.0.0.1:{port}"
    spec = ProcessSpec("prometheus", argv, {}, f"{url}/-/ready")
    async with running_processes((spec,), home), httpx.AsyncClient(timeout=60) as client:
        yield Prometheus(client, url)


def values(series: Mapping[str, Any]) -> list[float]:
    """The numbers of a series, without NaN."""
    samples = series["values"] if "values" in series else [series["value"]]
    numbers = (float(text) for _, text in samples)
    return [number for number in numbers if not math.isnan(number)]


def compact(result: object) -> str:
    """A result as JSON."""
    return json.dumps(result, separators=(",", ":"))
