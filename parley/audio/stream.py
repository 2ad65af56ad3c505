"""Follows a subject's audio: stored chunks, then live ones. Requests retransmission of missing ones."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from math import inf
from typing import TypeVar

import structlog
from google.protobuf.message import DecodeError

from parley.audio.reorder_buffer import AudioReorderBuffer
from parley.bus import Bus, Message, Subscription, streams
from parley.clock import now_us
from parley.errors import BusError
from parley.failover_timing import GAP_REQUEST_INTERVAL_S, GAP_TIMEOUT_S
from parley.v1.audio_pb2 import AgentAudio, CallerAudio

log = structlog.get_logger()

_READ_TIMEOUT_S = 15.0
"""Long, because a process that has taken over many calls at once has much to read, and another process would
not be faster."""
_BACKFILL_TIMEOUT_S = 0.6
"""Short, because live audio waits for this read, and recent audio is retransmitted anyway."""
_LEADER_TIMEOUT_S = 0.6
"""Shorter than a leader election, which takes at least 4 s, because the caller is waiting for a reply."""
_LATEST_TIMEOUT_S = 1.5
_OVERLAP_US = 2_000_000
"""Reads start this much earlier, because clocks differ; duplicates are dropped."""
_WAKE_AFTER_S = 0.01

Chunk = TypeVar("Chunk", CallerAudio, AgentAudio)


async def read_audio(
    bus: Bus,
    subject: str,
    kind: type[Chunk],
    *,
    since_us: int | None = None,
    timeout_s: float = _READ_TIMEOUT_S,
    consistent: bool = True,
) -> list[Chunk]:
    """Read a subject's stored audio by epoch and sequence, each chunk once; see `StreamClient.read`.

    A chunk that was not stored while the stream had no leader is retransmitted, and then stored after later
    chunks.

    Raises:
        BusError: the stream cannot be read.
    """
    messages = await bus.streams.read(
        streams.AUDIO, subject, since_us=since_us, timeout_s=timeout_s, consistent=consistent
    )
    chunks = {(c.epoch, c.sequence): c for m in messages if (c := parse_chunk(m, kind)) is not None}
    return [chunk for _, chunk in sorted(chunks.items(), key=lambda item: item[0])]


async def follow_audio(
    bus: Bus,
    subject: str,
    kind: type[Chunk],
    since_us: int | None = None,
    on_caught_up: Callable[[], None] = lambda: None,
) -> AsyncIterator[Chunk]:
    """Long-lived: yield the current owner's chunks in order; skip a gap that is not filled in time.

    Args:
        bus: the bus.
        subject: the subject to follow.
        kind: the message type of its chunks.
        since_us: start here (UTC wall clock, microseconds); some earlier chunks may be yielded.
        on_caught_up: called when all stored chunks have been yielded.

    Raises:
        BusError: the stored audio cannot be read.
    """
    buffer: AudioReorderBuffer[Chunk] = AudioReorderBuffer(bus.counts)
    async with bus.subscribe(subject) as live:
        gap_count = bus.gap_count
        gap_tracker = _GapTracker(bus, subject, live)
        from_us = None if since_us is None else since_us - _OVERLAP_US
        for chunk in await _backfill(buffer, bus, subject, kind, from_us):
            yield chunk
        on_caught_up()
        if buffer.gap:
            live.wake()
        last_us = now_us()
        async for message in live.messages_or_wakeups():
            received: list[Chunk] = []
            if bus.gap_count != gap_count:
                gap_count = bus.gap_count
                received += await _backfill_gap(bus, subject, kind, last_us - _OVERLAP_US)
            if message is not None:
                last_us = now_us()
                chunk_or_none = parse_chunk(message, kind)
                received += [] if chunk_or_none is None else [chunk_or_none]
            for chunk in _push_all(buffer, received):
                yield chunk
            if await gap_tracker.is_unrecoverable(buffer.gap):
                for chunk in buffer.skip_gap():
                    yield chunk


class _GapTracker:
    """Requests retransmission of a gap in one subject's audio, and decides when to skip the gap."""

    def __init__(self, bus: Bus, subject: str, live: Subscription) -> None:
        self._bus = bus
        self._subject = subject
        self._live = live
        self._gap: tuple[int, int] | None = None
        self._found_at_s = 0.0
        self._requested_at_s = -inf
        self._requested: tuple[int, int] | None = None

    async def is_unrecoverable(self, gap: tuple[int, int] | None) -> bool:
        """Whether the gap has been open too long; requests retransmission of a new gap."""
        loop = asyncio.get_running_loop()
        if gap is None:
            self._gap = None
            return False
        if gap != self._gap:
            self._gap, self._found_at_s = gap, loop.time()
            for wait_s in (GAP_REQUEST_INTERVAL_S, GAP_TIMEOUT_S):
                loop.call_later(wait_s + _WAKE_AFTER_S, self._live.wake)
        if gap != self._requested and loop.time() - self._requested_at_s >= GAP_REQUEST_INTERVAL_S:
            # All recent audio of the subject is retransmitted: one request covers several gaps.
            self._requested, self._requested_at_s = gap, loop.time()
            await self._bus.audio.request_retransmit(self._subject)
        if loop.time() - self._found_at_s < GAP_TIMEOUT_S:
            return False
        if self._live.pending:
            # This process was delayed: the missing chunks may be among the pending messages.
            return False
        log.warning("audio_gap_not_recovered", subject=self._subject, epoch=gap[0], first_missing=gap[1])
        self._gap = None
        return True


async def _backfill(
    buffer: AudioReorderBuffer[Chunk], bus: Bus, subject: str, kind: type[Chunk], since_us: int | None
) -> list[Chunk]:
    """Return the stored chunks to yield, and set the position at which live chunks have to continue."""
    has_leader = await bus.streams.has_leader(streams.AUDIO, subject, timeout_s=_LEADER_TIMEOUT_S)
    if not has_leader:
        # Chunks that are not stored are retransmitted; the stored ones are read from any replica.
        await bus.audio.request_retransmit(subject)
    latest = await _latest_stored(bus, subject, kind)
    stored = await read_audio(bus, subject, kind, since_us=since_us, consistent=has_leader)
    if latest is not None and not stored:
        # No stored chunk is needed, but every later one is, even if it is not stored yet.
        buffer.start_after(latest.epoch, latest.sequence)
    return _push_all(buffer, stored)


async def _latest_stored(bus: Bus, subject: str, kind: type[Chunk]) -> Chunk | None:
    """The last stored chunk, or an empty one if the stream has none; None if it cannot be read in time."""
    try:
        async with asyncio.timeout(_LATEST_TIMEOUT_S):
            latest = await bus.streams.last_message(streams.AUDIO, subject)
    except (BusError, TimeoutError):
        log.warning("audio_start_unknown", subject=subject, starts_at="first chunk received")
        return None
    return kind() if latest is None else parse_chunk(latest, kind)


def _push_all(buffer: AudioReorderBuffer[Chunk], chunks: Iterable[Chunk]) -> list[Chunk]:
    return [due for chunk in chunks for due in buffer.push(chunk)]


async def _backfill_gap(bus: Bus, subject: str, kind: type[Chunk], since_us: int) -> list[Chunk]:
    """Chunks missed by a reconnection or a slow reader; what no replica has stored is retransmitted."""
    try:
        return await read_audio(
            bus, subject, kind, since_us=since_us, timeout_s=_BACKFILL_TIMEOUT_S, consistent=False
        )
    except BusError as error:
        log.warning("missed_audio_not_read", subject=subject, error=str(error))
        return []


def parse_chunk(message: Message, kind: type[Chunk]) -> Chunk | None:
    """Parse a chunk; None if the bytes are not one."""
    try:
        return kind.FromString(message.data)
    except DecodeError:
        log.warning("audio_not_parsable", subject=message.subject, size=len(message.data))
        return None
