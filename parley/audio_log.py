"""A subject's sound from some moment on, then live; what was missed on the way is asked for again."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from math import inf
from typing import TypeVar

import structlog
from google.protobuf.message import DecodeError

from parley import streams
from parley.bus import Bus, Message, Subscription
from parley.errors import BusError
from parley.event_log import wall_us
from parley.sound_order import SoundOrder
from parley.v1.audio_pb2 import AgentAudio, CallerAudio

log = structlog.get_logger()

_MISSED_TIMEOUT_S = 0.6
"""Live sound waits meanwhile, and what was said lately is said again anyhow."""
_TIMEOUT_S = 15.0
"""Who has taken over many calls at once has much to read, and nobody else would be quicker."""
_OVERLAP_US = 2_000_000
"""Read from so long before: clocks differ, and what comes twice is dropped."""
_NUDGE_AFTER_S = 0.01
_ASK_AGAIN_S = 0.3
_LEADER_S = 0.6
"""Another is there after four seconds and more, and the caller waits for an answer."""
_NEWEST_TIMEOUT_S = 1.5
_HOLE_S = 1.5
"""So long a hole in the sound is waited for; its speaker says it again within some tenths of a second."""

Chunk = TypeVar("Chunk", CallerAudio, AgentAudio)


async def read_audio(
    bus: Bus,
    subject: str,
    kind: type[Chunk],
    *,
    since_us: int | None = None,
    timeout_s: float = _TIMEOUT_S,
    sure: bool = True,
) -> list[Chunk]:
    """All that the stream holds of a subject, by owner and number, each chunk once; see `Bus.read`.

    What a stream without a leader did not take is said again later, and lies behind what came after it.

    Raises:
        BusError: it cannot be read.
    """
    messages = await bus.read(streams.AUDIO, subject, since_us=since_us, timeout_s=timeout_s, sure=sure)
    chunks = {(c.epoch, c.sequence): c for m in messages if (c := parsed(m, kind)) is not None}
    return [chunk for _, chunk in sorted(chunks.items(), key=lambda item: item[0])]


async def follow_audio(
    bus: Bus,
    subject: str,
    kind: type[Chunk],
    since_us: int | None = None,
    on_read: Callable[[], None] = lambda: None,
) -> AsyncIterator[Chunk]:
    """Long-lived: the present owner's chunks, each once, in order; a hole only where nobody can fill it.

    `since_us` (UTC wall clock, microseconds): nothing from before is wanted; some of it may come.
    `on_read` is called when all that was stored has been taken.

    Raises:
        BusError: what was said before cannot be read.
    """
    order: SoundOrder[Chunk] = SoundOrder()
    async with bus.subscribe(subject) as live:
        losses = bus.losses
        hole = _Hole(bus, subject, live)
        from_us = None if since_us is None else since_us - _OVERLAP_US
        for chunk in await _said_before(order, bus, subject, kind, from_us):
            yield chunk
        on_read()
        if order.hole:
            live.nudge()
        last_us = wall_us()
        async for message in live.or_nudges():
            come: list[Chunk] = []
            if bus.losses != losses:
                losses = bus.losses
                come += await _missed(bus, subject, kind, last_us - _OVERLAP_US)
            if message is not None:
                last_us = wall_us()
                chunk_or_none = parsed(message, kind)
                come += [] if chunk_or_none is None else [chunk_or_none]
            for chunk in _in_order(order, come):
                yield chunk
            if await hole.stays(order.hole):
                for chunk in order.give_up():
                    yield chunk


class _Hole:
    """In one subject's sound: somebody may fill it."""

    def __init__(self, bus: Bus, subject: str, live: Subscription) -> None:
        self._bus = bus
        self._subject = subject
        self._live = live
        self._met: tuple[int, int] | None = None
        self._since_s = 0.0
        self._asked_s = -inf
        self._asked_for: tuple[int, int] | None = None

    async def stays(self, hole: tuple[int, int] | None) -> bool:
        """Whether it is waited for no more. Once met, its sound is asked for, and the reader woken."""
        loop = asyncio.get_running_loop()
        if hole is None:
            self._met = None
            return False
        if hole != self._met:
            self._met, self._since_s = hole, loop.time()
            for wait_s in (_ASK_AGAIN_S, _HOLE_S):
                loop.call_later(wait_s + _NUDGE_AFTER_S, self._live.nudge)
        if hole != self._asked_for and loop.time() - self._asked_s >= _ASK_AGAIN_S:
            # For all that was said lately: one question does for several holes.
            self._asked_for, self._asked_s = hole, loop.time()
            await self._bus.ask_for_sound_again(self._subject)
        if loop.time() - self._since_s < _HOLE_S:
            return False
        if self._live.waiting:
            # We were late ourselves: what fills it may have come.
            return False
        log.warning("a hole in the sound stays", subject=self._subject)
        self._met = None
        return True


async def _said_before(
    order: SoundOrder[Chunk], bus: Bus, subject: str, kind: type[Chunk], since_us: int | None
) -> list[Chunk]:
    """What is to be heard of what was stored; says where what comes has to follow on."""
    is_led = await bus.is_led(streams.AUDIO, subject, timeout_s=_LEADER_S)
    if not is_led:
        # What has not been stored is said again; what was is told by its copies.
        await bus.ask_for_sound_again(subject)
    newest = await _newest(bus, subject, kind)
    stored = await read_audio(bus, subject, kind, since_us=since_us, sure=is_led)
    if newest is not None and not stored:
        # Nothing is wanted of what was stored; all is that follows it, be it not stored either.
        order.begin_after(newest.epoch, newest.sequence)
    return _in_order(order, stored)


async def _newest(bus: Bus, subject: str, kind: type[Chunk]) -> Chunk | None:
    """The last chunk that is stored, an empty one if none is; None where that is not to be known soon."""
    try:
        async with asyncio.timeout(_NEWEST_TIMEOUT_S):
            newest = await bus.last(streams.AUDIO, subject)
    except (BusError, TimeoutError):
        log.warning("sound is followed from the first chunk on that comes", subject=subject)
        return None
    return kind() if newest is None else parsed(newest, kind)


def _in_order(order: SoundOrder[Chunk], chunks: Iterable[Chunk]) -> list[Chunk]:
    return [due for chunk in chunks for due in order.take(chunk)]


async def _missed(bus: Bus, subject: str, kind: type[Chunk], since_us: int) -> list[Chunk]:
    """What no copy of the stream has yet, its speaker says again."""
    try:
        return await read_audio(
            bus, subject, kind, since_us=since_us, timeout_s=_MISSED_TIMEOUT_S, sure=False
        )
    except BusError as error:
        log.warning("sound was missed and cannot be read", subject=subject, error=str(error))
        return []


def parsed(message: Message, kind: type[Chunk]) -> Chunk | None:
    """A chunk; None for bytes that are none."""
    try:
        return kind.FromString(message.data)
    except DecodeError:
        log.warning("bytes that are no sound", subject=message.subject, size=len(message.data))
        return None
