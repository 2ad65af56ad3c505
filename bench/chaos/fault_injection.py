"""Inject faults at random times during calls, only into processes that the system started."""

import asyncio
import os
import random
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import httpx
import psutil
from prometheus_client.parser import text_string_to_metric_families

from bench.chaos.targets import FAULT_DURATION_S, FREEZE_DURATION_S, Target, kind_of, running
from bench.turns.calls import Emulators
from cli.system import System
from parley.telemetry.catalogue.capacity import CALLS

_MIN_PAUSE_S, _MAX_PAUSE_S = 0.5, 3.0
_RECOVERY_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Fault:
    """One injected fault."""

    process: str
    pid: int
    at_us: int
    """UTC wall clock, microseconds."""

    @property
    def kind(self) -> str:
        """Kind of the affected process."""
        return kind_of(self.process)


async def inject_faults(
    system: System,
    emulators: Emulators,
    target: Target,
    times: int,
    chance: random.Random,
    done: list[Fault],
) -> None:
    """Inject `times` faults, each after a random pause and the recovery from the previous one.

    Faults are appended to `done`. A rolling restart affects each process once.
    """
    rolling = running(target, _pids(system)) if target.method == "roll" else []
    for number in range(len(rolling) or times):
        await asyncio.sleep(chance.uniform(_MIN_PAUSE_S, _MAX_PAUSE_S))
        if target.fault:
            done.append(Fault(target.kind, 0, time.time_ns() // 1000))
            await emulators.configure(target.emulator, **target.fault)
            try:
                await asyncio.sleep(FAULT_DURATION_S)
            finally:
                await emulators.configure(target.emulator, **target.recovery)
            await asyncio.sleep(target.recovers_s)
            continue
        pids = _pids(system)
        names = rolling[number : number + 1] or running(target, pids)
        if not names:
            continue
        name = chance.choice(await _busy_processes(system, names))
        pids = _pids(system)
        if not pids[name]:
            continue
        done.append(Fault(name, pids[name], time.time_ns() // 1000))
        await _inject(pids[name], target)
        await asyncio.sleep(target.recovers_s)
        if name in system.processes:
            await _wait_recovered(system, name, None if target.method == "stop" else pids[name])


async def _wait_recovered(system: System, name: str, was_pid: int | None) -> None:
    """Wait until the process is ready again, so that only one is down at a time."""
    process = system.processes[name]
    with suppress(TimeoutError):
        async with asyncio.timeout(_RECOVERY_TIMEOUT_S), httpx.AsyncClient(timeout=2) as client:
            while process.pid in (0, was_pid) or not await _is_ready(client, process.spec.ready_url):  # noqa: ASYNC110 - the state of another process
                await asyncio.sleep(0.1)


async def _busy_processes(system: System, names: Sequence[str]) -> Sequence[str]:
    """The processes that own calls now, as faults in others have no effect; all if none owns one."""
    urls = {name: system.processes[name].spec.ready_url for name in names if name in system.processes}
    async with httpx.AsyncClient(timeout=2) as client:
        services = {name: url for name, url in urls.items() if url.endswith("/readyz")}
        return [name for name, url in services.items() if await owned_calls(client, url)] or names


async def owned_calls(client: httpx.AsyncClient, ready_url: str) -> float:
    """Number of calls that a service has now; 0 if it does not respond."""
    try:
        text = (await client.get(ready_url.replace("/readyz", "/metrics"))).text
    except httpx.HTTPError:
        return 0
    families = text_string_to_metric_families(text)
    return sum(s.value for family in families for s in family.samples if s.name == CALLS.name)


async def _is_ready(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).is_success
    except httpx.HTTPError:
        return False


def _pids(system: System) -> Mapping[str, int]:
    return {**system.pids(), "postgres": system.postgres_pid()}


async def _inject(pid: int, target: Target) -> None:
    # Postgres has child processes: freezing only the parent would leave them running.
    family = [psutil.Process(pid), *psutil.Process(pid).children()] if target.kind == "postgres" else []
    pids = [process.pid for process in family] or [pid]
    match target.method:
        case "kill":
            os.kill(pid, signal.SIGKILL)
        case "term" | "roll":
            os.kill(pid, signal.SIGTERM)
        case "stop":
            _signal_all(pids, signal.SIGSTOP)
            try:
                await asyncio.sleep(FREEZE_DURATION_S)
            finally:
                _signal_all(pids, signal.SIGCONT)
        case _:
            raise ValueError(f"unknown method {target.method!r}")


def _signal_all(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
