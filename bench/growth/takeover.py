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

from bench.growth.stage_takeover import (
    OTHER_STAGES,
    StageTakeover,
    claimed,
    edge_takeover,
    opened,
    own,
    rss_kib,
    snapshot_stored,
    stage_takeover,
)
from bench.growth.synthetic_call import SyntheticCall
from cli.ports import Size
from cli.system import environment, free_ports, running_postgres, running_processes
from cli.topology import build_topology
from parley.bus import Bus, connect, subjects
from parley.clock import now_us
from parley.events.envelope import event_body, event_name
from parley.events.log import CallEventLog, open_call_log
from parley.events.outbox import Outbox, open_outbox
from parley.events.snapshot_writer import EVENTS_PER_SNAPSHOT
from parley.v1.call_pb2 import CallEnded
from parley.v1.event_pb2 import Event
from parley.v1.speech_pb2 import TurnEnded
from services.brain.session_log import BRAIN

_SIZE = Size(copies=2)
_EMULATORS = ("sandbox-deepgram", "sandbox-openai", "sandbox-elevenlabs")
_PROCESSES = (
    *_EMULATORS,
    *(f"{stage}{copy}" for stage in ("stt", "brain", "tts", "recorder") for copy in ("", "-2")),
)
_TIMEOUT_S = 240.0
_FLUSH_EVERY = 500
_AGENT = (
    "prompt: You are a receptionist.\ngreeting: ''\nfillers: {phrases: []}\nlimits: {max_call_s: 86400}\n"
)


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
    max_block_cpu_ms: float
    """The same in processor time, which other processes do not disturb."""
    full_fold_ms: float
    """Time to read and fold the log without a snapshot."""
    full_fold_max_block_ms: float
    full_fold_max_block_cpu_ms: float
    rss_growth_kib: int
    """Growth of the next owner's resident memory from before the takeover to after the answer."""


@dataclass(frozen=True, slots=True)
class CallTakeovers:
    """The takeovers of one call's stages."""

    brain: Takeover
    stages: list[StageTakeover]


def medians(takeovers: Sequence[Takeover]) -> list[Takeover]:
    """Return the median of each figure for each length of call, in ascending order."""
    found = []
    for minutes in sorted({takeover.minutes for takeover in takeovers}):
        rows = [takeover for takeover in takeovers if takeover.minutes == minutes]
        names = [member.name for member in fields(Takeover)]
        found.append(Takeover(*(median_low(getattr(row, name) for row in rows) for name in names)))
    return found


@asynccontextmanager
async def stages(home: Path, on_line: Callable[[str, str], None]) -> AsyncIterator[str]:
    """Run NATS, two processes of each stage but the edge, and the emulators; yield the address of NATS."""
    agents = home / "agents"
    agents.mkdir(parents=True)
    (agents / "growth.yaml").write_text(_AGENT, encoding="utf-8")
    env = {**environment(), "PARLEY_AGENTS_DIR": str(agents), "PARLEY_AGENT": "growth"}
    env |= {"PARLEY_SANDBOX_FIRST_TOKEN_MS": "50"}
    programs = str(Path(sys.executable).parent)
    async with running_postgres(home / "postgres") as url:
        env |= {"PARLEY_POSTGRES_URL": url}
        topology = build_topology(env, free_ports(_SIZE), str(home), programs, None, _SIZE)
        specs = tuple(spec for spec in topology.processes if spec.name in _PROCESSES)
        async with (
            running_processes(topology.nats, home, on_line=on_line),
            running_processes(specs, home, on_line=on_line),
        ):
            yield topology.env["PARLEY_NATS_URL"]


async def measure_takeovers(
    nats_url: str, minutes: float, *, progress_ms: int, number: int, report: Callable[[str], None]
) -> CallTakeovers:
    """Write the log of a call of this length, let each stage own the call, and kill its owner."""
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
        # A stage of its own: stt has its own owner.
        async with open_call_log(bus, outbox, call_sid, "bench", 1) as log:
            reading = log.__aiter__()
            brain = await _brain_takeover(bus, outbox, log, reading, call, (minutes, events), report)
            others = [
                await stage_takeover(bus, outbox, reading, stage, call_sid, minutes) for stage in OTHER_STAGES
            ]
            others.append(await edge_takeover(bus, outbox, call_sid, minutes))
            await log.append(CallEnded(reason="caller"))
            await outbox.wait_acked(5)
    return CallTakeovers(brain, others)


async def _brain_takeover(
    bus: Bus,
    outbox: Outbox,
    log: CallEventLog,
    reading: AsyncIterator[Event],
    call: SyntheticCall,
    size: tuple[float, int],
    report: Callable[[str], None],
) -> Takeover:
    minutes, events = size
    pid = await own(bus, reading, "brain", call.call_sid)
    if events >= EVENTS_PER_SNAPSHOT:
        await snapshot_stored(bus, call.call_sid, "brain")
    turn = call.last_turn
    await log.append(TurnEnded(turn=turn + 1, text="what are your opening hours"))
    await _first_clause(reading)
    report(f"{minutes:g} min: killing the brain {pid}")
    before = rss_kib("brain")
    os.kill(pid, signal.SIGKILL)
    killed_s = time.monotonic()
    await log.append(TurnEnded(turn=turn + 2, text="and what does a visit cost"))
    next_pid = await claimed(reading, "brain")
    claimed_s = time.monotonic() - killed_s
    await _first_clause(reading)
    answer_s = time.monotonic() - killed_s
    after = rss_kib("brain")[next_pid]
    with_snapshot = await opened(bus, outbox, call.call_sid, "brain", BRAIN)
    without = await opened(bus, outbox, call.call_sid, "other", BRAIN)
    return Takeover(
        minutes, events, claimed_s, answer_s, *with_snapshot, *without, after - before.get(next_pid, after)
    )


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


async def _first_clause(reading: AsyncIterator[Event]) -> None:
    async for event in reading:
        if event.HasField("reply_clause"):
            return
