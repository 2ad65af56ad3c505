"""Reads a call's audio from the bus into its timeline: live audio, and stored audio to fill gaps."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from math import inf
from typing import TypeVar

from parley.audio.stream import parse_chunk, read_audio
from parley.bus import Bus, Subscription, subjects
from parley.clock import CallClock
from parley.v1.audio_pb2 import AgentAudio, CallerAudio
from services.recorder.retry import retry_read
from services.recorder.timeline import Timeline

_READ_TIMEOUT_S = 60.0
_MIN_REQUEST_INTERVAL_S = 3.0
"""Minimum time between two retransmission requests for a subject; one response contains all recent audio."""
_EARLIER_MS = 5000
"""Reads start this much before the audio that is needed, because clocks differ."""

Chunk = TypeVar("Chunk", CallerAudio, AgentAudio)


class CallAudioReader:
    """Reads both directions of one call's audio into its timeline."""

    def __init__(self, bus: Bus, call_sid: str, clock: CallClock, timeline: Timeline) -> None:
        self._bus = bus
        self._clock = clock
        self._caller = subjects.caller_audio(call_sid)
        self._agent = subjects.agent_audio(call_sid)
        self._timeline = timeline
        self._gap_count = bus.gap_count
        self._live: tuple[Subscription, ...] = ()
        self._requested_s: dict[str, float] = {}

    @property
    def pending(self) -> int:
        """Number of live chunks that have arrived but are not in the timeline yet."""
        return sum(live.pending for live in self._live)

    @asynccontextmanager
    async def follow(self) -> AsyncIterator[None]:
        """While entered, add the call's audio to the timeline: stored audio first, then live audio."""
        async with (
            self._bus.subscribe(self._caller) as caller,
            self._bus.subscribe(self._agent) as agent,
            asyncio.TaskGroup() as tasks,
        ):
            await self.read_stored()
            self._live = (caller, agent)
            add_caller, add_agent = self._timeline.add_caller_audio, self._timeline.add_agent_audio
            consumers = (
                tasks.create_task(self._consume(caller, self._caller, CallerAudio, add_caller)),
                tasks.create_task(self._consume(agent, self._agent, AgentAudio, add_agent)),
            )
            try:
                yield
            finally:
                for consumer in consumers:
                    consumer.cancel()

    async def backfill_gaps(self) -> None:
        """Read the stored audio again if live audio had a gap or may have had one."""
        if self._timeline.gap_count or self._bus.gap_count != self._gap_count:
            await self.read_stored()

    async def read_stored(self) -> None:
        """Merge the stored audio that is needed into the timeline; retries until the bus can be read."""
        since_ms = self._timeline.needed_since_ms - _EARLIER_MS
        since_us = self._clock.us_at(since_ms) if since_ms > 0 else None
        caller, agent = await retry_read(partial(self._read_since, since_us))
        if self._timeline.merge_stored(caller, agent, from_start=since_us is None):
            # The stream had no leader and did not store these chunks; publishers can retransmit them live.
            for subject in (self._caller, self._agent):
                await self._request_retransmit(subject)

    async def _read_since(self, since_us: int | None) -> tuple[list[CallerAudio], list[AgentAudio]]:
        gap_count = self._bus.gap_count
        read = partial(read_audio, self._bus, since_us=since_us, timeout_s=_READ_TIMEOUT_S)
        caller = await read(self._caller, CallerAudio)
        agent = await read(self._agent, AgentAudio)
        self._gap_count = gap_count
        return caller, agent

    async def _request_retransmit(self, subject: str) -> None:
        now_s = asyncio.get_running_loop().time()
        if now_s - self._requested_s.get(subject, -inf) < _MIN_REQUEST_INTERVAL_S:
            return
        self._requested_s[subject] = now_s
        await self._bus.audio.request_retransmit(subject)

    async def _consume(
        self, live: Subscription, subject: str, kind: type[Chunk], add: Callable[[Chunk], None]
    ) -> None:
        async for message in live:
            chunk = parse_chunk(message, kind)
            if chunk is None:
                continue
            gap_count = self._timeline.gap_count
            add(chunk)
            if self._timeline.gap_count > gap_count:
                # The stream may also lack the chunk, if it has no leader at present.
                await self._request_retransmit(subject)
