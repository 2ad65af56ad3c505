"""A subject's sound from some moment on, then live; what was missed on the way is asked for again."""

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
from parley.v1.audio_pb2 import AgentAudio, CallerAudio

log = structlog.get_logger()

_BACKFILL_TIMEOUT_S = 0.6
"""Live sound waits meanwhile, and what was said lately is said again anyhow."""
_TIMEOUT_S = 15.0
"""Who has taken over many calls at once has much to read, and nobody else would be quicker."""
_OVERLAP_US = 2_000_000
"""Read from so long before: clocks differ, and what comes twice is dropped."""
_WAKE_AFTER_S = 0.01
_RETRY_INTERVAL_S = 0.3
_LEADER_TIMEOUT_S = 0.6
"""Another is there after four seconds and more, and the caller waits for an answer."""
_LATEST_TIMEOUT_S = 1.5
_GAP_TIMEOUT_S = 1.5
"""So long a hole in the sound is waited for; its speaker says it again within some tenths of a second."""

Chunk = TypeVar("Chunk", CallerAudio, AgentAudio)


async def read_audio(
    bus: Bus,
    subject: str,
    kind: type[Chunk],
    *,
    since_us: int | None = None,
    timeout_s: float = _TIMEOUT_S,
    consistent: bool = True,
) -> list[Chunk]:
    """All that the stream holds of a subject, by owner and number, each chunk once; see `Bus.read`.

    What a stream without a leader did not take is said again later, and lies behind what came after it.

    Raises:
        BusError: it cannot be read.
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
    """Long-lived: the present owner's chunks, each once, in order; a hole only where nobody can fill it.

    `since_us` (UTC wall clock, microseconds): nothing from before is wanted; some of it may come.
    `on_read` is called when all that was stored has been taken.

    Raises:
        BusError: what was said before cannot be read.
    """
    order: AudioReorderBuffer[Chunk] = AudioReorderBuffer()
    async with bus.subscribe(subject) as live:
        losses = bus.gap_count
        hole = _GapTracker(bus, subject, live)
        from_us = None if since_us is None else since_us - _OVERLAP_US
        for chunk in await _backfill(order, bus, subject, kind, from_us):
            yield chunk
        on_caught_up()
        if order.gap:
            live.wake()
        last_us = now_us()
        async for message in live.messages_or_wakeups():
            come: list[Chunk] = []
            if bus.gap_count != losses:
                losses = bus.gap_count
                come += await _backfill_gap(bus, subject, kind, last_us - _OVERLAP_US)
            if message is not None:
                last_us = now_us()
                chunk_or_none = parse_chunk(message, kind)
                come += [] if chunk_or_none is None else [chunk_or_none]
            for chunk in _push_all(order, come):
                yield chunk
            if await hole.is_unrecoverable(order.gap):
                for chunk in order.skip_gap():
                    yield chunk


class _GapTracker:
    """In one subject's sound: somebody may fill it."""

    def __init__(self, bus: Bus, subject: str, live: Subscription) -> None:
        self._bus = bus
        self._subject = subject
        self._live = live
        self._found_at_s: tuple[int, int] | None = None
        self._since_s = 0.0
        self._requested_at_s = -inf
        self._requested: tuple[int, int] | None = None

    async def is_unrecoverable(self, hole: tuple[int, int] | None) -> bool:
        """Whether it is waited for no more. Once met, its sound is asked for, and the reader woken."""
        loop = asyncio.get_running_loop()
        if hole is None:
            self._found_at_s = None
            return False
        if hole != self._found_at_s:
            self._found_at_s, self._since_s = hole, loop.time()
            for wait_s in (_RETRY_INTERVAL_S, _GAP_TIMEOUT_S):
                loop.call_later(wait_s + _WAKE_AFTER_S, self._live.wake)
        if hole != self._requested and loop.time() - self._requested_at_s >= _RETRY_INTERVAL_S:
            # For all that was said lately: one question does for several holes.
            self._requested, self._requested_at_s = hole, loop.time()
            await self._bus.audio.request_retransmit(self._subject)
        if loop.time() - self._since_s < _GAP_TIMEOUT_S:
            return False
        if self._live.pending:
            # We were late ourselves: what fills it may have come.
            return False
        log.warning("a hole in the sound stays", subject=self._subject)
        self._found_at_s = None
        return True


async def _backfill(
    order: AudioReorderBuffer[Chunk], bus: Bus, subject: str, kind: type[Chunk], since_us: int | None
) -> list[Chunk]:
    """What is to be heard of what was stored; says where what comes has to follow on."""
    is_led = await bus.streams.has_leader(streams.AUDIO, subject, timeout_s=_LEADER_TIMEOUT_S)
    if not is_led:
        # What has not been stored is said again; what was is told by its copies.
        await bus.audio.request_retransmit(subject)
    newest = await _latest_stored(bus, subject, kind)
    stored = await read_audio(bus, subject, kind, since_us=since_us, consistent=is_led)
    if newest is not None and not stored:
        # Nothing is wanted of what was stored; all is that follows it, be it not stored either.
        order.start_after(newest.epoch, newest.sequence)
    return _push_all(order, stored)


async def _latest_stored(bus: Bus, subject: str, kind: type[Chunk]) -> Chunk | None:
    """The last chunk that is stored, an empty one if none is; None where that is not to be known soon."""
    try:
        async with asyncio.timeout(_LATEST_TIMEOUT_S):
            newest = await bus.streams.last_message(streams.AUDIO, subject)
    except (BusError, TimeoutError):
        log.warning("sound is followed from the first chunk on that comes", subject=subject)
        return None
    return kind() if newest is None else parse_chunk(newest, kind)


def _push_all(order: AudioReorderBuffer[Chunk], chunks: Iterable[Chunk]) -> list[Chunk]:
    return [due for chunk in chunks for due in order.push(chunk)]


async def _backfill_gap(bus: Bus, subject: str, kind: type[Chunk], since_us: int) -> list[Chunk]:
    """What no copy of the stream has yet, its speaker says again."""
    try:
        return await read_audio(
            bus, subject, kind, since_us=since_us, timeout_s=_BACKFILL_TIMEOUT_S, consistent=False
        )
    except BusError as error:
        log.warning("sound was missed and cannot be read", subject=subject, error=str(error))
        return []


def parse_chunk(message: Message, kind: type[Chunk]) -> Chunk | None:
    """A chunk; None for bytes that are none."""
    try:
        return kind.FromString(message.data)
    except DecodeError:
        log.warning("bytes that are no sound", subject=message.subject, size=len(message.data))
        return None
