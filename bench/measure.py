"""One round: simultaneous calls against a running system, and the resources that each process used."""

import asyncio
import statistics
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import psutil

from bench.prometheus import Buckets, histogram, minus, plus, quantile
from cli.calls import CallResult, RunningSystem, call_all
from cli.log_lines import LogWatch
from cli.ports import SERVICES
from cli.system import System
from parley.latency.turn import PARTS
from parley.telemetry.catalogue.bus import BUS_DELAY
from sandbox.caller.caller_pool import caller_pool

_SAMPLE_S = 0.5
_MB = 1024**2


@dataclass(frozen=True, slots=True)
class Round:
    """Results of one round."""

    calls: int
    results: tuple[CallResult, ...]
    call_s: float
    bus_delay_p50_ms: float
    bus_delay_p99_ms: float
    cpu_s_per_call_s: Mapping[str, float]
    rss_idle_mb: Mapping[str, float]
    mb_per_call: Mapping[str, float]
    errors: int

    @property
    def gaps_ms(self) -> list[float]:
        """Time from the end of the caller's speech to the answer, measured on the line."""
        return sorted(gap for result in self.results for gap in result.gaps_ms)

    def part_ms(self, part: str) -> list[float]:
        """One part of each turn's latency, by its name in `PARTS`."""
        parts = [timing.parts_ms for result in self.results for timing in result.turns_latency]
        return sorted(float(parts_ms[part]) for parts_ms in parts if part in parts_ms)


def percentile(values: list[float], q: float) -> float:
    """Percentile by nearest rank; 0 for an empty list."""
    return values[min(len(values) - 1, int(len(values) * q))] if values else 0.0


@dataclass(slots=True)
class ProcessUsage:
    """CPU time and memory of a system's services and its NATS server."""

    processes: Mapping[str, psutil.Process]
    idle_bytes: dict[str, int] = field(default_factory=dict)
    peak_bytes: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, system: System) -> "ProcessUsage":
        """Create it for processes that are idle now."""
        names = (*SERVICES, "nats")
        usage = cls({name: psutil.Process(pid) for name, pid in system.pids().items() if name in names})
        usage.sample()
        usage.idle_bytes = dict(usage.peak_bytes)
        return usage

    def grown_mb(self) -> dict[str, float]:
        """Memory beyond that of the idle process, at most so far, in MB."""
        return {name: (self.peak_bytes[name] - idle) / _MB for name, idle in self.idle_bytes.items()}

    def current_cpu_s(self) -> dict[str, float]:
        """CPU time of each process since its start, in seconds."""
        times = {name: process.cpu_times() for name, process in self.processes.items()}
        return {name: time.user + time.system for name, time in times.items()}

    def sample(self) -> None:
        """Note the memory of each process."""
        for name, process in self.processes.items():
            self.peak_bytes[name] = max(self.peak_bytes.get(name, 0), process.memory_info().rss)

    async def watch(self) -> None:
        """Note it repeatedly, until it is cancelled."""
        while True:
            self.sample()
            await asyncio.sleep(_SAMPLE_S)


async def measure(system: System, calls: int, watch: LogWatch) -> Round:
    """Run simultaneous calls and measure them."""
    errors_before = len(watch.errors)
    usage = ProcessUsage.of(system)
    telephone = system.topology.sandbox_urls["twilio"]
    running = RunningSystem(system.topology.env["PARLEY_NATS_URL"], telephone)
    delays_before, cpu_before = await _bus_delays(system), usage.current_cpu_s()
    async with watching(usage):
        results = await call_all(running, caller_pool(calls))
    cpu_after, delays = usage.current_cpu_s(), minus(await _bus_delays(system), delays_before)
    call_s = sum(result.duration_ms for result in results) / 1000
    return Round(
        calls=calls,
        results=tuple(results),
        call_s=call_s,
        bus_delay_p50_ms=quantile(delays, 0.5) * 1000,
        bus_delay_p99_ms=quantile(delays, 0.99) * 1000,
        cpu_s_per_call_s={n: (cpu_after[n] - cpu_before[n]) / max(call_s, 1e-9) for n in cpu_before},
        rss_idle_mb={name: rss / _MB for name, rss in usage.idle_bytes.items()},
        mb_per_call={name: grown / calls for name, grown in usage.grown_mb().items()},
        errors=len(watch.errors) - errors_before,
    )


@asynccontextmanager
async def watching(usage: ProcessUsage) -> AsyncIterator[None]:
    """Note the memory of processes meanwhile."""
    task = asyncio.create_task(usage.watch())
    try:
        yield
    finally:
        task.cancel()


async def _bus_delays(system: System) -> dict[float, float]:
    """Histogram of the delay of events on the bus, over all services."""
    total: Buckets = {}
    async with httpx.AsyncClient(timeout=5) as client:
        for name in ("stt", "brain", "tts", "recorder"):
            url = system.processes[name].spec.ready_url.replace("/readyz", "/metrics")
            total = plus(total, histogram((await client.get(url)).text, BUS_DELAY.name))
    return dict(total)


def summary(round_: Round) -> dict[str, object]:
    """A round as JSON."""
    gaps = round_.gaps_ms
    return {
        "calls": round_.calls,
        "turns": sum(result.turns for result in round_.results),
        "answered": len(gaps),
        "call_s": round(round_.call_s, 1),
        "turn_ms": {
            "p50": percentile(gaps, 0.5),
            "p95": percentile(gaps, 0.95),
            "p99": percentile(gaps, 0.99),
            "mean": round(statistics.fmean(gaps), 1) if gaps else 0,
        },
        "parts_p50_ms": {part: percentile(round_.part_ms(part), 0.5) for part in PARTS},
        "bus_delay_ms": {"p50": round(round_.bus_delay_p50_ms, 3), "p99": round(round_.bus_delay_p99_ms, 3)},
        "cpu_s_per_call_s": {name: round(value, 5) for name, value in round_.cpu_s_per_call_s.items()},
        "rss_idle_mb": {name: round(value, 1) for name, value in round_.rss_idle_mb.items()},
        "mb_per_call": {name: round(value, 2) for name, value in round_.mb_per_call.items()},
        "problems": [problem for result in round_.results for problem in result.problems],
        "errors_logged": round_.errors,
    }
