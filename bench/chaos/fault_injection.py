"""Strike, again and again at random moments, while calls go on; only processes that the system started."""

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

_EARLIEST_S, _LATEST_S = 0.5, 3.0
_RECOVERY_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Fault:
    """One blow."""

    process: str
    pid: int
    at_us: int
    """UTC wall clock, microseconds."""

    @property
    def kind(self) -> str:
        """What was hit."""
        return kind_of(self.process)


async def inject_faults(
    system: System,
    stand_ins: Emulators,
    victim: Target,
    times: int,
    chance: random.Random,
    done: list[Fault],
) -> None:
    """So many blows, each after a random pause and once the one before is recovered from; told in `done`.

    All in turn are hit once where they are rolled.
    """
    in_turn = running(victim, _pids(system)) if victim.method == "roll" else []
    for number in range(len(in_turn) or times):
        await asyncio.sleep(chance.uniform(_EARLIEST_S, _LATEST_S))
        if victim.fault:
            done.append(Fault(victim.kind, 0, time.time_ns() // 1000))
            await stand_ins.configure(victim.kind, **victim.fault)
            try:
                await asyncio.sleep(FAULT_DURATION_S)
            finally:
                await stand_ins.configure(victim.kind, **victim.recovery)
            await asyncio.sleep(victim.recovers_s)
            continue
        pids = _pids(system)
        names = in_turn[number : number + 1] or running(victim, pids)
        if not names:
            continue
        name = chance.choice(await _busy_processes(system, names))
        pids = _pids(system)
        if not pids[name]:
            continue
        done.append(Fault(name, pids[name], time.time_ns() // 1000))
        await _inject(pids[name], victim)
        await asyncio.sleep(victim.recovers_s)
        if name in system.processes:
            await _wait_recovered(system, name, None if victim.method == "stop" else pids[name])


async def _wait_recovered(system: System, name: str, was_pid: int | None) -> None:
    """One at a time: who takes over must not be struck before the first is well."""
    process = system.processes[name]
    with suppress(TimeoutError):
        async with asyncio.timeout(_RECOVERY_TIMEOUT_S), httpx.AsyncClient(timeout=2) as client:
            while process.pid in (0, was_pid) or not await _answers(client, process.spec.ready_url):  # noqa: ASYNC110 - another process does it
                await asyncio.sleep(0.1)


async def _busy_processes(system: System, names: Sequence[str]) -> Sequence[str]:
    """Those of them that own a call now: a blow at the others would show nothing. All, if none does."""
    urls = {name: system.processes[name].spec.ready_url for name in names if name in system.processes}
    async with httpx.AsyncClient(timeout=2) as client:
        services = {name: url for name, url in urls.items() if url.endswith("/readyz")}
        return [name for name, url in services.items() if await _calls(client, url)] or names


async def _calls(client: httpx.AsyncClient, ready_url: str) -> float:
    try:
        text = (await client.get(ready_url.replace("/readyz", "/metrics"))).text
    except httpx.HTTPError:
        return 0
    families = text_string_to_metric_families(text)
    return sum(s.value for family in families for s in family.samples if s.name == "parley_calls")


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).is_success
    except httpx.HTTPError:
        return False


def _pids(system: System) -> Mapping[str, int]:
    return {**system.pids(), "postgres": system.postgres_pid()}


async def _inject(pid: int, victim: Target) -> None:
    # A database is a family of processes: a stopped head alone would leave the others at work.
    family = [psutil.Process(pid), *psutil.Process(pid).children()] if victim.kind == "postgres" else []
    pids = [process.pid for process in family] or [pid]
    match victim.method:
        case "kill":
            os.kill(pid, signal.SIGKILL)
        case "term" | "roll":
            os.kill(pid, signal.SIGTERM)
        case "stop":
            _all(pids, signal.SIGSTOP)
            try:
                await asyncio.sleep(FREEZE_DURATION_S)
            finally:
                _all(pids, signal.SIGCONT)
        case _:
            raise ValueError(f"nobody knows how to {victim.method}")


def _all(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
