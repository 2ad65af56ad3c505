"""Resources that calls might leak, such as memory, sockets, tasks, subscriptions and unfinished work."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import psutil

from cli.ports import SERVICES
from cli.system import System
from parley.telemetry.catalogue.capacity import ASYNCIO_TASKS

_MB = 1024**2


@dataclass(frozen=True, slots=True)
class ResourceUsage:
    """Resource usage of an idle system, by process, and of NATS."""

    memory_mb: Mapping[str, float]
    sockets: Mapping[str, float]
    tasks: Mapping[str, float]
    bus: Mapping[str, float]
    """Connections, subscriptions, consumers and WORK messages of NATS."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much a resource may grow."""

    fraction: float
    absolute: float

    def exceeded(self, before: float, after: float) -> bool:
        """Whether the growth is larger than allowed."""
        return after > before * (1 + self.fraction) + self.absolute


ALLOWANCES: Mapping[str, Allowance] = {
    # Caches fill, and the allocator does not return all memory.
    "memory_mb": Allowance(0.25, 12),
    # A pooled connection to a provider or the database.
    "sockets": Allowance(0, 4),
    "tasks": Allowance(0, 2),
    "bus": Allowance(0, 0),
}


async def resource_usage(system: System) -> ResourceUsage:
    """Measure the resource usage of every process and of NATS."""
    pids = {name: pid for name, pid in system.pids().items() if name in SERVICES}
    processes = {name: psutil.Process(pid) for name, pid in pids.items()}
    async with httpx.AsyncClient(timeout=10) as client:
        tasks = await asyncio.gather(*(_tasks(client, system, name) for name in pids))
        monitor = system.processes["nats"].spec.ready_url.removesuffix("/healthz")
        about, work = await asyncio.gather(
            _json(client, f"{monitor}/varz"), _json(client, f"{monitor}/jsz?streams=true&consumers=true")
        )
    streams = [s for account in work["account_details"] for s in account["stream_detail"]]
    return ResourceUsage(
        memory_mb={name: process.memory_info().rss / _MB for name, process in processes.items()},
        sockets={name: process.num_fds() for name, process in processes.items()},
        tasks=dict(zip(pids, tasks, strict=True)),
        bus={
            "connections": about["connections"],
            "subscriptions": about["subscriptions"],
            "consumers": work["consumers"],
            "work": next(s["state"]["messages"] for s in streams if s["name"] == "WORK"),
        },
    )


async def _tasks(client: httpx.AsyncClient, system: System, name: str) -> float:
    url = system.processes[name].spec.ready_url.replace("/readyz", "/metrics")
    lines = (await client.get(url)).text.splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith(f"{ASYNCIO_TASKS.name} "))


async def _json(client: httpx.AsyncClient, url: str) -> Any:
    return (await client.get(url)).raise_for_status().json()


def find_leaks(before: ResourceUsage, after: ResourceUsage) -> Iterator[str]:
    """Describe each resource that grew more than allowed."""
    for kind, allowed in ALLOWANCES.items():
        was, now = getattr(before, kind), getattr(after, kind)
        for name in was:
            if allowed.exceeded(was[name], now[name]):
                yield f"{kind} of {name}: {was[name]:.0f} before, {now[name]:.0f} after"
