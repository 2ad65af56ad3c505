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
_READ_AGAIN_AFTER_S = 0.5
_ASK_AGAIN_AFTER_S = 3.0

Chunk = TypeVar("Chunk", CallerAudio, AgentAudio)


class Sound:
    """Both directions of one call, fed into its timeline."""

    def __init__(self, bus: Bus, call_sid: str, timeline: Timeline) -> None:
        self._bus = bus
        self._caller = subjects.caller_audio(call_sid)
        self._agent = subjects.agent_audio(call_sid)
        self._timeline = timeline
        self._losses = bus.gap_count
        self._live: tuple[Subscription, ...] = ()
        self._asked_s: dict[str, float] = {}

    @property
    def waiting(self) -> int:
        """Live chunks that have come and are not in the timeline yet."""
        return sum(live.pending for live in self._live)

    @asynccontextmanager
    async def followed(self) -> AsyncIterator[None]:
        """While entered, all sound from the call's beginning on comes into the timeline."""
        async with (
            self._bus.subscribe(self._caller) as caller,
            self._bus.subscribe(self._agent) as agent,
            asyncio.TaskGroup() as tasks,
        ):
            await self.read()
            self._live = (caller, agent)
            following = (
                tasks.create_task(self._feed(caller, self._caller, CallerAudio, self._timeline.caller_spoke)),
                tasks.create_task(self._feed(agent, self._agent, AgentAudio, self._timeline.agent_spoke)),
            )
            try:
                yield
            finally:
                for task in following:
                    task.cancel()

    async def mend(self) -> None:
        """Read again what live sound has left out, if it has."""
        if self._timeline.gaps or self._bus.gap_count != self._losses:
            await self.read()

    async def read(self) -> None:
        """Read all that the stream holds of the call; waits for the bus as long as it takes."""
        while True:
            losses = self._bus.gap_count
            try:
                caller = await self._read(self._caller, CallerAudio)
                agent = await self._read(self._agent, AgentAudio)
            except (BusError, TimeoutError) as error:
                log.warning("sound cannot be read yet", error=str(error))
                await asyncio.sleep(_READ_AGAIN_AFTER_S)
                continue
            self._losses = losses
            if self._timeline.reread(caller, agent):
                # What a stream without a leader did not take comes live.
                for subject in (self._caller, self._agent):
                    if self._may_ask(subject):
                        await self._bus.audio.request_retransmit(subject)
            return

    def _may_ask(self, subject: str) -> bool:
        """One question does for all that was said lately."""
        now_s = asyncio.get_running_loop().time()
        if now_s - self._asked_s.get(subject, -inf) < _ASK_AGAIN_AFTER_S:
            return False
        self._asked_s[subject] = now_s
        return True

    async def _read(self, subject: str, kind: type[Chunk]) -> list[Chunk]:
        return await read_audio(self._bus, subject, kind, timeout_s=_READ_TIMEOUT_S)

    async def _feed(
        self, live: Subscription, subject: str, kind: type[Chunk], take: Callable[[Chunk], None]
    ) -> None:
        async for message in live:
            chunk = parse_chunk(message, kind)
            if chunk is None:
                continue
            gaps = self._timeline.gaps
            take(chunk)
            if self._timeline.gaps > gaps and self._may_ask(subject):
                # Its stream may lack it too, as one that has no leader.
                await self._bus.audio.request_retransmit(subject)
