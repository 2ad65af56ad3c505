"""A subject's sound from some moment on, then live; what was missed on the way is read again."""

from collections.abc import AsyncIterator

from parley import streams
from parley.bus import Bus, Message
from parley.event_log import wall_us

_OVERLAP_US = 5_000_000
"""Read from so long before: clocks differ, and what comes twice is fenced off."""


async def follow_audio(bus: Bus, subject: str, since_us: int | None = None) -> AsyncIterator[Message]:
    """Long-lived: every chunk at least once; in order but for repetitions, which an `AudioFence` drops.

    `since_us` (UTC wall clock, microseconds): nothing from before is wanted; some of it may come.

    Raises:
        BusError: what was missed cannot be read.
    """
    async with bus.subscribe(subject) as live:
        losses = bus.losses
        from_us = None if since_us is None else since_us - _OVERLAP_US
        for message in await bus.read(streams.AUDIO, subject, since_us=from_us):
            yield message
        last_us = wall_us()
        async for message in live:
            if bus.losses != losses:
                # A cluster may have no leader now; what no copy has yet its speaker says again.
                since_us = last_us - _OVERLAP_US
                for missed in await bus.read(streams.AUDIO, subject, since_us=since_us, sure=False):
                    yield missed
                losses = bus.losses
            last_us = wall_us()
            yield message
