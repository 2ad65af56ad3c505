"""Measures how the next owner of any stage takes over a call: its claim, the event loop, its memory."""

import asyncio
import gc
import os
import signal
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import Any

import psutil

from parley.bus import Bus, streams, subjects
from parley.events.fold import Fold
from parley.events.log import open_call_log
from parley.events.outbox import Outbox
from parley.v1.event_pb2 import Event
from parley.v1.work_pb2 import Work
from services.edge.outbound.player_state import PLAYER
from services.recorder.live_state import RECORDER
from services.stt.restore import STT
from services.tts.progress import TTS

OTHER_STAGES = ("stt", "tts", "recorder")
_FOLDS: dict[str, Fold[Any]] = {"stt": STT, "tts": TTS, "recorder": RECORDER, "edge": PLAYER}
_SNAPSHOT_TIMEOUT_S = 60.0
_NEXT_EPOCH = 1000


@dataclass(frozen=True, slots=True)
class StageTakeover:
    """One takeover of a stage other than the brain."""

    stage: str
    minutes: float
    claimed_s: float
    """From kill -9 to the next owner's stage.claimed; 0 for the edge, which claims no work."""
    open_log_ms: float
    """Time to read the snapshot and the rest of the log, in an otherwise idle process."""
    max_block_ms: float
    """Longest time without a turn of the event loop meanwhile."""
    max_block_cpu_ms: float
    """The same in processor time, which other processes do not disturb."""
    rss_growth_kib: int
    """Growth of the next owner's resident memory; 0 for the edge, whose log this process opens."""


def stage_medians(takeovers: Sequence[StageTakeover]) -> list[StageTakeover]:
    """Return the median of each figure for each stage and length of call."""
    found = []
    for stage, minutes in sorted({(one.stage, one.minutes) for one in takeovers}):
        rows = [one for one in takeovers if (one.stage, one.minutes) == (stage, minutes)]
        names = ("claimed_s", "open_log_ms", "max_block_ms", "max_block_cpu_ms", "rss_growth_kib")
        found.append(
            StageTakeover(stage, minutes, *(median_low(getattr(row, name) for row in rows) for name in names))
        )
    return found


async def stage_takeover(
    bus: Bus, outbox: Outbox, reading: AsyncIterator[Event], stage: str, call_sid: str, minutes: float
) -> StageTakeover:
    """Let a process own the stage, kill it after its snapshot, and wait for the next owner."""
    pid = await own(bus, reading, stage, call_sid)
    await snapshot_stored(bus, call_sid, stage)
    before = rss_kib(stage)
    os.kill(pid, signal.SIGKILL)
    killed_s = time.monotonic()
    next_pid = await claimed(reading, stage)
    claimed_s = time.monotonic() - killed_s
    await asyncio.sleep(1)
    after = rss_kib(stage)[next_pid]
    times = await opened(bus, outbox, call_sid, stage, _FOLDS[stage])
    return StageTakeover(stage, minutes, claimed_s, *times, after - before.get(next_pid, after))


async def edge_takeover(bus: Bus, outbox: Outbox, call_sid: str, minutes: float) -> StageTakeover:
    """Open the log as a media stream does, and again as the next one does."""
    async with open_call_log(bus, outbox, call_sid, "edge", 2, folds=(PLAYER,)):
        await snapshot_stored(bus, call_sid, "edge")
    times = await opened(bus, outbox, call_sid, "edge", PLAYER)
    return StageTakeover("edge", minutes, 0.0, *times, 0)


async def own(bus: Bus, reading: AsyncIterator[Event], stage: str, call_sid: str) -> int:
    """Publish the work of a stage; return the process id of its owner."""
    work = Work(call_sid=call_sid, stage=stage, agent="growth")
    await bus.publish_durable(subjects.work(stage, call_sid), work.SerializeToString())
    return await claimed(reading, stage)


async def claimed(reading: AsyncIterator[Event], stage: str) -> int:
    """Wait for a stage.claimed; return the process id of the owner."""
    async for event in reading:
        if event.HasField("stage_claimed") and event.stage == stage:
            return int(event.stage_claimed.worker.rpartition("/")[2])
    raise AssertionError("the log has ended")


async def snapshot_stored(bus: Bus, call_sid: str, stage: str) -> None:
    """Wait until a stage's snapshot is stored; a call of a minute has too few events for one."""
    events = await bus.streams.read(streams.CALLS, subjects.call_log(call_sid), timeout_s=30)
    if len(events) < 2 * 250:
        return
    subject = subjects.call_state(call_sid, stage)
    async with asyncio.timeout(_SNAPSHOT_TIMEOUT_S):
        while await bus.streams.last_message(streams.STATE, subject) is None:  # noqa: ASYNC110 - another process stores it
            await asyncio.sleep(0.1)


async def opened(
    bus: Bus, outbox: Outbox, call_sid: str, stage: str, fold: Fold[Any]
) -> tuple[float, float, float]:
    """Open the log as a stage does.

    Returns the time, and the event loop's longest block in real time and in processor time, in milliseconds.
    """
    # As in the services: a collection of this process' objects takes 60 ms.
    gc.collect()
    gc.freeze()
    blocks: list[tuple[float, float]] = []
    watching = asyncio.ensure_future(_watch(blocks))
    await asyncio.sleep(0.05)
    blocks.clear()
    began_s = time.monotonic()
    async with open_call_log(bus, outbox, call_sid, stage, _NEXT_EPOCH, folds=(fold,)) as call_log:
        opened_ms = (time.monotonic() - began_s) * 1000
        await asyncio.sleep(0)
        call_log.folded(fold)
    watching.cancel()
    real, cpu = (max(times, default=0.0) for times in zip(*blocks, strict=True))
    return opened_ms, real, cpu


async def _watch(blocks: list[tuple[float, float]]) -> None:
    """Time each iteration of the event loop; a sleep would add the processor time of those during it."""
    while True:
        began_s, began_cpu_s = time.monotonic(), time.thread_time()
        await asyncio.sleep(0)
        real_ms = (time.monotonic() - began_s) * 1000
        blocks.append((real_ms, (time.thread_time() - began_cpu_s) * 1000))


def rss_kib(stage: str) -> dict[int, int]:
    """Return the resident memory of each process of a stage, in KiB."""
    children = psutil.Process().children(recursive=True)
    return {
        process.pid: int(process.memory_info().rss // 1024)
        for process in children
        if f"services.{stage}" in process.cmdline()
    }
