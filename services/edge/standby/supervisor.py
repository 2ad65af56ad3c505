"""Have a second edge listen to a call that this one carries, and ask it for what nobody else has heard."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import structlog
from google.protobuf.message import DecodeError

from parley.audio.g711 import duration_ms
from parley.audio.stream import read_audio
from parley.bus import Bus, Liveness, streams, subjects
from parley.errors import BusError, ProviderError
from parley.events.log import CallEventLog
from parley.runtime.stage import worker_name
from parley.v1.audio_pb2 import CallerAudio, StandbyAudio
from services.edge.inbound.stream_clock import TimedFrame
from services.edge.twilio.request_gate import TwilioRequestGate
from services.edge.twilio.rest import TwilioRest

log = structlog.get_logger()

_FIRST_LOOK_S = 0.3
_LOOK_S = 1.0
_OPENS_S = 0.5
_LONGEST_WAIT_S = 10.0
_ANSWER_S = 3.0
"""When an edge dies, all its calls ask at once."""
_MISSED_WITHIN_S = 4.0
"""All that is said on the new stream waits meanwhile."""
_TAIL_MS = 500
_MOST_REFUSALS = 3


@dataclass(frozen=True, slots=True)
class StandbySupervisor:
    """Of one edge."""

    bus: Bus
    gate: TwilioRequestGate
    twilio: TwilioRest

    @asynccontextmanager
    async def offer(self) -> AsyncIterator[None]:
        """While entered, other edges may have their calls listened to here."""
        own = worker_name("edge").encode()

        async def offer(wanted_by: bytes) -> bytes | None:
            return self.gate.direct_url().encode() or None if wanted_by != own else None

        if not self.gate.direct_url():
            # Nobody could be led here.
            yield
            return
        async with self.bus.requests.respond(subjects.STANDBY_OFFER, offer):
            yield

    async def maintain(self, call_sid: str) -> None:
        """Long-lived: see to it that another edge hears the caller as well."""
        own, wait_s, tries, refused = worker_name("edge").encode(), _FIRST_LOOK_S, 0, 0
        while self.gate.settings.standby_stream and refused < _MOST_REFUSALS:
            await asyncio.sleep(wait_s)
            wait_s = _LOOK_S
            try:
                if await self._has_standby(call_sid, own) or not await self._open(call_sid, own):
                    continue
            except ProviderError as error:
                refused += 1
                log.warning("no second ear", code=error.code, reason=error.reason)
            await asyncio.sleep(_OPENS_S)
            # Forks that do not come are not asked for all the time.
            tries = 0 if await self._has_standby(call_sid, own) else tries + 1
            wait_s = min(_LOOK_S * 2**tries, _LONGEST_WAIT_S)
        if refused:
            log.warning("call goes on without a second ear")

    async def _has_standby(self, call_sid: str, own: bytes) -> bool:
        return await self.bus.requests.send(subjects.standby_alive(call_sid)) not in (None, own)

    async def _open(self, call_sid: str, own: bytes) -> bool:
        """False when there is no edge that could listen, so that Twilio was not asked.

        Raises:
            ProviderError: Twilio will not, however often it is asked.
        """
        address = await self.bus.requests.send(subjects.STANDBY_OFFER, own)
        if not address:
            return False
        url = f"wss://{address.decode().partition('://')[2]}/twilio/ear"
        try:
            await self.twilio.start_stream(call_sid, url, name=f"ear-{uuid4().hex[:8]}")
        except ProviderError as error:
            if not error.retryable:
                raise
            log.warning("no second ear yet", code=error.code, reason=error.reason)
        return True

    async def fetch_missed_audio(self, call_log: CallEventLog) -> list[TimedFrame]:
        """What the caller has said since the stream before was lost; nothing where nobody has heard it."""
        if call_log.epoch == 1 or not self.gate.settings.standby_stream:
            return []
        subject = subjects.standby_alive(call_log.call_sid)
        if await self.bus.requests.liveness(subject) is not Liveness.ALIVE:
            return []
        try:
            async with asyncio.timeout(_MISSED_WITHIN_S):
                heard = await self._last_published_audio(call_log)
                subject = subjects.standby_fetch(call_log.call_sid)
                answer = await self.bus.requests.send(subject, heard.SerializeToString(), timeout_s=_ANSWER_S)
            missed = StandbyAudio.FromString(answer or b"")
        except (BusError, DecodeError, TimeoutError) as error:
            log.warning("what was said between two streams is lost", reason=str(error) or "the bus is late")
            return []
        if missed.frames:
            log.info("heard by the second ear", frames=len(missed.frames), from_ms=missed.frames[0].at_ms)
        return [TimedFrame(audio.at_ms, audio.mulaw) for audio in missed.frames]

    async def _last_published_audio(self, call_log: CallEventLog) -> CallerAudio:
        """The newest half second of the caller's that the bus has; empty if it has none."""
        subject = subjects.caller_audio(call_log.call_sid)
        newest = await self.bus.streams.last_message(streams.AUDIO, subject)
        if newest is None:
            return CallerAudio()
        end_ms = int(CallerAudio.FromString(newest.data).at_ms)
        since_us = call_log.clock.us_at(max(0, end_ms - _TAIL_MS))
        heard = CallerAudio()
        for audio in await read_audio(self.bus, subject, CallerAudio, since_us=since_us, consistent=False):
            follows = heard.at_ms + duration_ms(heard.mulaw) == audio.at_ms
            if follows:
                heard.mulaw += audio.mulaw
            elif audio.at_ms > heard.at_ms:
                # Behind a hole, or the first.
                heard = CallerAudio(at_ms=audio.at_ms, mulaw=audio.mulaw)
        return heard
