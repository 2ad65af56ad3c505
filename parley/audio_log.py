"""A subject's sound from some moment on, then live; what was missed on the way is read again."""

from collections.abc import AsyncIterator

import structlog

from parley import streams
from parley.bus import Bus, Message
from parley.errors import BusError
from parley.event_log import wall_us

log = structlog.get_logger()

_MISSED_TIMEOUT_S = 1.5
"""Live sound waits meanwhile, and what was said lately is said again anyhow."""
_TIMEOUT_S = 15.0
"""Who has taken over many calls at once has much to read, and nobody else would be quicker."""
_OVERLAP_US = 2_000_000
"""Read from so long before: clocks differ, and what comes twice is fenced off."""


async def follow_audio(bus: Bus, subject: str, since_us: int | None = None) -> AsyncIterator[Message]:
    """Long-lived: every chunk at least once; in order but for repetitions, which an `AudioFence` drops.

    `since_us` (UTC wall clock, microseconds): nothing from before is wanted; some of it may come.

    Raises:
        BusError: what was said before cannot be read.
    """
    async with bus.subscribe(subject) as live:
        losses = bus.losses
        from_us = None if since_us is None else since_us - _OVERLAP_US
        for said in await bus.read(streams.AUDIO, subject, since_us=from_us, timeout_s=_TIMEOUT_S):
            yield said
        last_us = wall_us()
        async for message in live.or_nudges():
            if bus.losses != losses:
                losses = bus.losses
                for missed in await _missed(bus, subject, last_us - _OVERLAP_US):
                    yield missed
            if message is not None:
                last_us = wall_us()
                yield message


async def _missed(bus: Bus, subject: str, since_us: int) -> list[Message]:
    """What no copy of the stream has yet, its speaker says again."""
    try:
        return await bus.read(
            streams.AUDIO, subject, since_us=since_us, timeout_s=_MISSED_TIMEOUT_S, sure=False
        )
    except BusError as error:
        log.warning("sound was missed and cannot be read", subject=subject, error=str(error))
        return []
