"""The latest playback position of a call: published by its media stream, read by the next one."""

import asyncio
from dataclasses import dataclass

import structlog

from parley.bus import Bus, streams, subjects
from parley.clock import now_us
from parley.errors import BusError
from parley.events.envelope import parse, wrap
from parley.telemetry.trace_context import traceparent
from parley.v1.playback_pb2 import PlaybackProgressed

log = structlog.get_logger()

_NAME = "playback"
_READ_TIMEOUT_S = 0.3
"""Short, because the caller hears silence meanwhile, and the log holds a position that is not much older."""


@dataclass(frozen=True, slots=True)
class LatestPosition:
    """The latest position of one call, as one media stream publishes and reads it."""

    bus: Bus
    call_sid: str
    epoch: int
    """Epoch of the media stream."""

    async def publish(self, position: PlaybackProgressed) -> None:
        """Publish a position in place of the previous one; it is not resent if it gets lost."""
        event = wrap(
            position,
            call_sid=self.call_sid,
            stage="edge",
            epoch=self.epoch,
            sequence=0,
            sent_at_us=now_us(),
            traceparent=traceparent(self.call_sid),
        )
        try:
            await self.bus.publish(subjects.call_state(self.call_sid, _NAME), event.SerializeToString())
        except BusError as error:
            log.warning("playback_position_not_published", error=str(error))

    async def read_previous(self) -> PlaybackProgressed | None:
        """Read the last position of the previous media stream; None if it cannot be read in time."""
        if self.epoch <= 1:
            return None
        try:
            async with asyncio.timeout(_READ_TIMEOUT_S):
                message = await self.bus.streams.last_message(
                    streams.STATE, subjects.call_state(self.call_sid, _NAME)
                )
        except (BusError, TimeoutError) as error:
            log.warning("playback_position_not_read", error=str(error) or "timeout")
            return None
        event = parse(message.data) if message is not None else None
        # A stream that was replaced while its edge was frozen may have published once more.
        if event is None or event.epoch != self.epoch - 1 or not event.HasField("playback_progressed"):
            return None
        return event.playback_progressed
