"""Strike, again and again at random moments, while calls go on; only processes that the system started."""

import asyncio
import os
import random
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import psutil

from bench.chaos.victims import FAULTY_S, STOPPED_S, Victim, choose
from bench.turns.calls import StandIns
from cli.system import System

_EARLIEST_S, _LATEST_S = 0.5, 3.0


@dataclass(frozen=True, slots=True)
class Strike:
    """One blow."""

    process: str
    pid: int
    at_us: int
    """UTC wall clock, microseconds."""


async def strike(
    system: System,
    stand_ins: StandIns,
    victim: Victim,
    times: int,
    chance: random.Random,
    done: list[Strike],
) -> None:
    """So many blows, each after a random pause and once the one before is recovered from; told in `done`."""
    for _ in range(times):
        await asyncio.sleep(chance.uniform(_EARLIEST_S, _LATEST_S))
        if victim.fault:
            done.append(Strike(victim.kind, 0, time.time_ns() // 1000))
            await stand_ins.turn(victim.kind, **victim.fault)
            try:
                await asyncio.sleep(FAULTY_S)
            finally:
                await stand_ins.turn(victim.kind, **victim.well)
            await asyncio.sleep(victim.recovers_s)
            continue
        chosen = choose(victim, _pids(system), chance)
        if chosen is None:
            continue
        name, pid = chosen
        done.append(Strike(name, pid, time.time_ns() // 1000))
        await _hit(pid, victim)
        await asyncio.sleep(victim.recovers_s)


def _pids(system: System) -> Mapping[str, int]:
    return {**system.pids(), "postgres": system.postgres_pid()}


async def _hit(pid: int, victim: Victim) -> None:
    # A database is a family of processes: a stopped head alone would leave the others at work.
    family = [psutil.Process(pid), *psutil.Process(pid).children()] if victim.kind == "postgres" else []
    pids = [process.pid for process in family] or [pid]
    match victim.way:
        case "kill":
            os.kill(pid, signal.SIGKILL)
        case "term":
            os.kill(pid, signal.SIGTERM)
        case "stop":
            _all(pids, signal.SIGSTOP)
            try:
                await asyncio.sleep(STOPPED_S)
            finally:
                _all(pids, signal.SIGCONT)
        case _:
            raise ValueError(f"nobody knows how to {victim.way}")


def _all(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
