"""Measures a takeover in a long call: real processes, a real NATS server, and a log of that length."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import median_low

import psutil

from bench.growth.synthetic_call import SyntheticCall
from cli.system import environment, free_ports, running_processes
from cli.topology import Size, build_topology
from parley.bus import Bus, connect, streams, subjects
from parley.clock import now_us
from parley.events.envelope import event_body, event_name
from parley.events.log import open_call_log
from parley.events.outbox import Outbox, open_outbox
from parley.v1.call_pb2 import CallEnded
from parley.v1.event_pb2 import Event
from parley.v1.speech_pb2 import TurnEnded
from parley.v1.work_pb2 import Work
from services.brain.session_log import BRAIN

_SIZE = Size(copies=2)
_PROCESSES = ("sandbox-openai", "brain", "brain-2")
_TIMEOUT_S = 120.0
_SNAPSHOT_TIMEOUT_S = 60.0
_EVENTS_OF_A_SNAPSHOT = 250
_FLUSH_EVERY = 500
_AGENT = "prompt: You are a receptionist.\ngreeting: ''\nfillers: {phrases: []}\nmax_call_s: 86400\n"


@dataclass(frozen=True, slots=True)
class Takeover:
    """One takeover of the brain after kill -9."""

    minutes: float
    events: int
    claimed_s: float
    """From the kill to the next owner's stage.claimed."""
    answer_s: float
    """From the kill, at which the caller's next turn ended, to the first clause of its answer."""
    open_log_ms: float
    """Time to read the snapshot and the rest of the log, in an otherwise idle process."""
    max_block_ms: float
    """Longest time without a turn of the event loop meanwhile."""
    full_fold_ms: float
    """Time to read and fold the log without a snapshot."""
    full_fold_max_block_ms: float
    rss_growth_kib: int
    """Growth of the next owner's resident memory from before the takeover to after the answer."""


def medians(takeovers: Sequence[Takeover]) -> list[Takeover]:
    """Return the median of each figure for each length of call, in ascending order."""
    found = []
    for minutes in sorted({takeover.minutes for takeover in takeovers}):
        rows = [takeover for takeover in takeovers if takeover.minutes == minutes]
        names = [member.name for member in fields(Takeover)]
        found.append(Takeover(*(median_low(getattr(row, name) for row in rows) for name in names)))
    return found


@asynccontextmanager
async def brains(home: Path, on_line: Callable[[str, str], None]) -> AsyncIterator[str]:
    """Run NATS, two brains and OpenAI's emulator; yield the address of NATS."""
    agents = home / "agents"
    agents.mkdir(parents=True)
    (agents / "growth.yaml").write_text(_AGENT, encoding="utf-8")
    env = {**environment(), "PARLEY_AGENTS_DIR": str(agents), "PARLEY_AGENT": "growth"}
    env |= {"PARLEY_SANDBOX_FIRST_TOKEN_MS": "50", "PARLEY_POSTGRES_URL": "unused"}
    programs = str(Path(sys.executable).parent)
    topology = build_topology(env, free_ports(_SIZE), str(home), programs, None, _SIZE)
    specs = tuple(spec for spec in topology.processes if spec.name in _PROCESSES)
    async with (
        running_processes(topology.nats, home, on_line=on_line),
        running_processes(specs, home, on_line=on_line),
    ):
        yield topology.env["PARLEY_NATS_URL"]


async def measure_takeover(
    nats_url: str, minutes: float, *, progress_ms: int, number: int, report: Callable[[str], None]
) -> Takeover:
    """Write the log of a call of this length, let a brain own the call, and kill that brain."""
    started_at_us = now_us() - round(minutes * 60e6)
    call_sid = f"CA{number:032x}"
    call = SyntheticCall(
        progress_ms=progress_ms,
        started_at_us=started_at_us,
        call_sid=call_sid,
        # The events of real owners have later epochs.
        epoch=0,
    )
    async with (
        asyncio.timeout(_TIMEOUT_S + minutes * 2),
        connect(nats_url, "bench", timeout_s=10) as bus,
        open_outbox(bus) as outbox,
    ):
        events = await _write(bus, call, minutes)
        report(f"{minutes:g} min: {events} events are in the log")
        async with open_call_log(bus, outbox, call_sid, "stt", 2) as stt:
            reading = stt.__aiter__()
            work = Work(call_sid=call_sid, stage="brain", agent="growth")
            await bus.publish_durable(subjects.work("brain", call_sid), work.SerializeToString())
            pid = await _claimed(reading)
            if events >= _EVENTS_OF_A_SNAPSHOT:
                await _snapshot_stored(bus, call_sid)
            turn = call.last_turn
            await stt.append(TurnEnded(turn=turn + 1, text="what are your opening hours"))
            await _first_clause(reading)
            report(f"{minutes:g} min: killing the brain {pid}")
            others = {p.pid: _rss_kib(p.pid) for p in _brains() if p.pid != pid}
            os.kill(pid, signal.SIGKILL)
            killed_s = time.monotonic()
            await stt.append(TurnEnded(turn=turn + 2, text="and what does a visit cost"))
            next_pid = await _claimed(reading)
            claimed_s = time.monotonic() - killed_s
            await _first_clause(reading)
            answer_s = time.monotonic() - killed_s
            growth = _rss_kib(next_pid) - others.get(next_pid, _rss_kib(next_pid))
            with_snapshot = await _open(bus, outbox, call_sid, "brain")
            without = await _open(bus, outbox, call_sid, "bench")
            await stt.append(CallEnded(reason="caller"))
            await outbox.wait_acked(5)
    return Takeover(minutes, events, claimed_s, answer_s, *with_snapshot, *without, growth)


async def _write(bus: Bus, call: SyntheticCall, minutes: float) -> int:
    count = 0
    for event in call.events(minutes):
        body = event_body(event)
        if body is None:
            continue
        await bus.publish(subjects.call_event(call.call_sid, event_name(body)), event.SerializeToString())
        count += 1
        if count % _FLUSH_EVERY == 0:
            await bus.flush(10)
    await bus.flush(10)
    return count


async def _claimed(reading: AsyncIterator[Event]) -> int:
    """Wait for the brain's stage.claimed; return the process id of the owner."""
    async for event in reading:
        if event.HasField("stage_claimed") and event.stage == "brain":
            return int(event.stage_claimed.worker.rpartition("/")[2])
    raise AssertionError("the log has ended")


async def _first_clause(reading: AsyncIterator[Event]) -> None:
    async for event in reading:
        if event.HasField("reply_clause"):
            return


async def _snapshot_stored(bus: Bus, call_sid: str) -> None:
    subject = subjects.call_state(call_sid, "brain")
    async with asyncio.timeout(_SNAPSHOT_TIMEOUT_S):
        while await bus.streams.last_message(streams.STATE, subject) is None:  # noqa: ASYNC110 - another process stores it
            await asyncio.sleep(0.1)


async def _open(bus: Bus, outbox: Outbox, call_sid: str, stage: str) -> tuple[float, float]:
    """Open the log as a stage does; return the time and the event loop's longest block, in milliseconds."""
    blocks: list[float] = []
    watching = asyncio.ensure_future(_watch(blocks))
    await asyncio.sleep(0.05)
    blocks.clear()
    began_s = time.monotonic()
    async with open_call_log(bus, outbox, call_sid, stage, 1000, folds=(BRAIN,)) as call_log:
        opened_ms = (time.monotonic() - began_s) * 1000
        await asyncio.sleep(0)
        call_log.folded(BRAIN)
    watching.cancel()
    return opened_ms, max(blocks, default=0.0)


async def _watch(blocks: list[float]) -> None:
    while True:
        began_s = time.monotonic()
        await asyncio.sleep(0.001)
        blocks.append((time.monotonic() - began_s - 0.001) * 1000)


def _brains() -> list[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    return [process for process in children if "services.brain" in process.cmdline()]


def _rss_kib(pid: int) -> int:
    return int(psutil.Process(pid).memory_info().rss // 1024)
