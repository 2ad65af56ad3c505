"""Have a second edge listen to a call that this one carries, and ask it for what nobody else has heard."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import structlog
from google.protobuf.message import DecodeError

from parley import streams, subjects
from parley.bus import Bus
from parley.errors import BusError, VendorError
from parley.event_log import CallLog, wall_us
from parley.mulaw import BYTES_PER_MS
from parley.stage import worker_name
from parley.v1.audio_pb2 import CallerAudio, MissedAudio
from services.edge.timed_frames import Frame
from services.edge.vendors.twilio_rest import TwilioRest
from services.edge.webhooks import Gate

log = structlog.get_logger()

_FIRST_LOOK_S = 0.3
_LOOK_S = 2.0
_NOBODY_S = 10.0
"""Where there is no second edge, or Twilio does not open the fork, it is not asked for all the time."""
_LOOK_BACK_US = 15_000_000


@dataclass(frozen=True, slots=True)
class EarKeeper:
    """Of one edge."""

    bus: Bus
    gate: Gate
    twilio: TwilioRest

    @asynccontextmanager
    async def offered(self) -> AsyncIterator[None]:
        """While entered, other edges may have their calls listened to here."""
        own = worker_name("edge").encode()

        async def offer(wanted_by: bytes) -> bytes | None:
            return self.gate.own_address().encode() if wanted_by != own else None

        async with self.bus.answer(subjects.EAR_WANTED, offer):
            yield

    async def keep(self, call_sid: str) -> None:
        """Long-lived: see to it that another edge hears the caller as well."""
        wait_s = _FIRST_LOOK_S
        while self.gate.settings.second_ear:
            await asyncio.sleep(wait_s)
            own = worker_name("edge").encode()
            if await self.bus.ask(subjects.ear_alive(call_sid)) not in (None, own):
                wait_s = _LOOK_S
                continue
            wait_s = _LOOK_S if await self._open(call_sid, own) else _NOBODY_S

    async def _open(self, call_sid: str, own: bytes) -> bool:
        address = await self.bus.ask(subjects.EAR_WANTED, own)
        if not address:
            return False
        url = f"wss://{address.decode().partition('://')[2]}/twilio/ear"
        try:
            await self.twilio.fork(call_sid, url, name=f"ear-{uuid4().hex[:8]}")
        except VendorError as error:
            log.warning("no second ear", code=error.code, reason=error.reason)
            return False
        return True

    async def missed(self, call_log: CallLog) -> list[Frame]:
        """What the caller has said since the stream before was lost; nothing where nobody has heard it."""
        if call_log.epoch == 1 or not self.gate.settings.second_ear:
            return []
        try:
            heard_ms = await self._heard_until(call_log.call_sid)
            answer = await self.bus.ask(subjects.ear_heard(call_log.call_sid), str(heard_ms).encode())
            missed = MissedAudio.FromString(answer or b"")
        except (BusError, DecodeError) as error:
            log.warning("what was said between two streams is lost", reason=str(error))
            return []
        if missed.frames:
            log.info("heard by the second ear", frames=len(missed.frames), from_ms=heard_ms)
        return [Frame(audio.at_ms, audio.mulaw) for audio in missed.frames]

    async def _heard_until(self, call_sid: str) -> int:
        """Call time of the end of the newest sound in the stream; 0 for none of the last while."""
        since_us = wall_us() - _LOOK_BACK_US
        subject = subjects.caller_audio(call_sid)
        messages = await self.bus.read(streams.AUDIO, subject, since_us=since_us)
        if not messages:
            return 0
        last = CallerAudio.FromString(messages[-1].data)
        return int(last.at_ms) + len(last.mulaw) // BYTES_PER_MS
