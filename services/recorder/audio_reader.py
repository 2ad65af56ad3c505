"""A call's sound from the bus to its timeline: live, and from the stream where live sound was missed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from math import inf
from typing import TypeVar

import structlog

from parley.audio.stream import parse_chunk, read_audio
from parley.bus import Bus, Subscription, subjects
from parley.errors import BusError
from parley.v1.audio_pb2 import AgentAudio, CallerAudio
from services.recorder.timeline import Timeline

log = structlog.get_logger()

_READ_TIMEOUT_S = 60.0
_READ_RETRY_INTERVAL_S = 0.5
_MIN_REQUEST_INTERVAL_S = 3.0

Chunk = TypeVar("Chunk", CallerAudio, AgentAudio)


class CallAudioReader:
    """Both directions of one call, fed into its timeline."""

    def __init__(self, bus: Bus, call_sid: str, timeline: Timeline) -> None:
        self._bus = bus
        self._caller = subjects.caller_audio(call_sid)
        self._agent = subjects.agent_audio(call_sid)
        self._timeline = timeline
        self._gap_count = bus.gap_count
        self._live: tuple[Subscription, ...] = ()
        self._requested_s: dict[str, float] = {}

    @property
    def pending(self) -> int:
        """Live chunks that have come and are not in the timeline yet."""
        return sum(live.pending for live in self._live)

    @asynccontextmanager
    async def follow(self) -> AsyncIterator[None]:
        """While entered, all sound from the call's beginning on comes into the timeline."""
        async with (
            self._bus.subscribe(self._caller) as caller,
            self._bus.subscribe(self._agent) as agent,
            asyncio.TaskGroup() as tasks,
        ):
            await self.read_all()
            self._live = (caller, agent)
            following = (
                tasks.create_task(
                    self._consume(caller, self._caller, CallerAudio, self._timeline.add_caller_audio)
                ),
                tasks.create_task(
                    self._consume(agent, self._agent, AgentAudio, self._timeline.add_agent_audio)
                ),
            )
            try:
                yield
            finally:
                for task in following:
                    task.cancel()

    async def backfill_gaps(self) -> None:
        """Read again what live sound has left out, if it has."""
        if self._timeline.gap_count or self._bus.gap_count != self._gap_count:
            await self.read_all()

    async def read_all(self) -> None:
        """Read all that the stream holds of the call; waits for the bus as long as it takes."""
        while True:
            losses = self._bus.gap_count
            try:
                caller = await self._read(self._caller, CallerAudio)
                agent = await self._read(self._agent, AgentAudio)
            except (BusError, TimeoutError) as error:
                log.warning("sound cannot be read yet", error=str(error))
                await asyncio.sleep(_READ_RETRY_INTERVAL_S)
                continue
            self._gap_count = losses
            if self._timeline.merge_stored(caller, agent):
                # What a stream without a leader did not take comes live.
                for subject in (self._caller, self._agent):
                    if self._may_request(subject):
                        await self._bus.audio.request_retransmit(subject)
            return

    def _may_request(self, subject: str) -> bool:
        """One question does for all that was said lately."""
        now_s = asyncio.get_running_loop().time()
        if now_s - self._requested_s.get(subject, -inf) < _MIN_REQUEST_INTERVAL_S:
            return False
        self._requested_s[subject] = now_s
        return True

    async def _read(self, subject: str, kind: type[Chunk]) -> list[Chunk]:
        return await read_audio(self._bus, subject, kind, timeout_s=_READ_TIMEOUT_S)

    async def _consume(
        self, live: Subscription, subject: str, kind: type[Chunk], add: Callable[[Chunk], None]
    ) -> None:
        async for message in live:
            chunk = parse_chunk(message, kind)
            if chunk is None:
                continue
            gaps = self._timeline.gap_count
            add(chunk)
            if self._timeline.gap_count > gaps and self._may_request(subject):
                # Its stream may lack it too, as one that has no leader.
                await self._bus.audio.request_retransmit(subject)
