"""Keeps a standby stream open for each call of this edge, and fetches the audio that was missed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import structlog
from fastapi import WebSocket
from google.protobuf.message import DecodeError

from parley.audio.g711 import duration_ms
from parley.audio.stream import read_audio
from parley.bus import Bus, Liveness, streams, subjects
from parley.errors import BusError, ProviderError
from parley.events.log import CallEventLog
from parley.runtime.stage import worker_name
from parley.v1.audio_pb2 import CallerAudio, StandbyAudio
from services.edge.call_registry import CallRegistry
from services.edge.inbound.stream_clock import TimedFrame
from services.edge.standby.backfill import BackfilledIngest
from services.edge.standby.stream import StandbyStreamEndpoint
from services.edge.twilio.request_gate import TwilioRequestGate
from services.edge.twilio.rest import TwilioRest

log = structlog.get_logger()

STANDBY_PATH = "/twilio/standby"
_FIRST_CHECK_S = 0.3
_CHECK_INTERVAL_S = 1.0
_OPEN_TIMEOUT_S = 0.5
_MAX_CHECK_INTERVAL_S = 10.0
"""Interval between requests while the requested streams do not open."""
_FETCH_REPLY_TIMEOUT_S = 3.0
"""Long, because when an edge dies, the next owners of all its calls send their requests at once."""
_FETCH_TIMEOUT_S = 4.0
"""Short, because the audio of the new stream waits for the fetch."""
_PUBLISHED_TAIL_MS = 500
_MAX_REJECTIONS = 3


@dataclass(frozen=True, slots=True)
class StandbySupervisor:
    """The interface to the standby stream for the rest of the edge."""

    bus: Bus
    gate: TwilioRequestGate
    calls: CallRegistry

    async def serve(self, socket: WebSocket) -> None:
        """WebSocket /twilio/standby: receive the standby stream of another edge's call."""
        await StandbyStreamEndpoint(self.bus, self.gate, self.calls).serve(socket)

    @asynccontextmanager
    async def offer(self) -> AsyncIterator[None]:
        """While entered, offer this edge to others as the target of their calls' standby streams."""
        own = worker_name("edge").encode()

        async def respond_offer(requested_by: bytes) -> bytes | None:
            return self.gate.direct_url().encode() or None if requested_by != own else None

        if not self.gate.direct_url():
            # Without a direct address, Twilio cannot be directed to this edge.
            yield
            return
        async with self.bus.requests.respond(subjects.STANDBY_OFFER, respond_offer):
            yield

    def ingest(self, call_log: CallEventLog) -> BackfilledIngest:
        """An ingest for one media stream, to be passed to `supervise`."""
        return BackfilledIngest(self.bus, call_log.call_sid, call_log.epoch)

    async def supervise(self, call_log: CallEventLog, ingest: BackfilledIngest, twilio: TwilioRest) -> None:
        """Long-lived: publish the audio missed before this stream, then keep a standby stream open."""
        await ingest.prepend_standby_audio(await self.fetch_missed_audio(call_log))
        await self.maintain(call_log.call_sid, twilio)

    async def maintain(self, call_sid: str, twilio: TwilioRest) -> None:
        """Keep a standby stream of the call open at another edge, until Twilio has rejected it repeatedly."""
        own, wait_s, failures, rejections = worker_name("edge").encode(), _FIRST_CHECK_S, 0, 0
        while rejections < _MAX_REJECTIONS:
            await asyncio.sleep(wait_s)
            wait_s = _CHECK_INTERVAL_S
            try:
                if await self._has_standby(call_sid, own) or not await self._open(call_sid, own, twilio):
                    continue
            except ProviderError as error:
                rejections += 1
                log.warning("standby_stream_rejected", code=error.code, reason=error.reason)
            await asyncio.sleep(_OPEN_TIMEOUT_S)
            # A stream that does not open is requested at growing intervals.
            failures = 0 if await self._has_standby(call_sid, own) else failures + 1
            wait_s = min(_CHECK_INTERVAL_S * 2**failures, _MAX_CHECK_INTERVAL_S)
        log.warning("standby_stream_unavailable", rejections=rejections)

    async def _has_standby(self, call_sid: str, own: bytes) -> bool:
        return await self.bus.requests.send(subjects.standby_alive(call_sid)) not in (None, own)

    async def _open(self, call_sid: str, own: bytes, twilio: TwilioRest) -> bool:
        """Request a stream to another edge; False if no edge is available, so that nothing was requested.

        Raises:
            ProviderError: Twilio rejected the request, and a retry cannot succeed.
        """
        address = await self.bus.requests.send(subjects.STANDBY_OFFER, own)
        if not address:
            return False
        url = f"wss://{address.decode().partition('://')[2]}{STANDBY_PATH}"
        try:
            await twilio.start_stream(call_sid, url, name=f"standby-{uuid4().hex[:8]}")
        except ProviderError as error:
            if not error.retryable:
                raise
            log.warning("standby_stream_not_started", code=error.code, reason=error.reason)
        return True

    async def fetch_missed_audio(self, call_log: CallEventLog) -> list[TimedFrame]:
        """Fetch the caller's audio since the previous stream was lost; empty if no standby stream has it."""
        if call_log.epoch == 1:
            return []
        subject = subjects.standby_alive(call_log.call_sid)
        if await self.bus.requests.liveness(subject) is not Liveness.ALIVE:
            return []
        try:
            async with asyncio.timeout(_FETCH_TIMEOUT_S):
                published = await self._last_published_audio(call_log)
                subject = subjects.standby_fetch(call_log.call_sid)
                reply = await self.bus.requests.send(
                    subject, published.SerializeToString(), timeout_s=_FETCH_REPLY_TIMEOUT_S
                )
            missed = StandbyAudio.FromString(reply or b"")
        except (BusError, DecodeError, TimeoutError) as error:
            log.warning("missed_audio_not_fetched", reason=str(error) or "timeout")
            return []
        if missed.frames:
            log.info("missed_audio_fetched", frames=len(missed.frames), from_ms=missed.frames[0].at_ms)
        return [TimedFrame(audio.at_ms, audio.mulaw) for audio in missed.frames]

    async def _last_published_audio(self, call_log: CallEventLog) -> CallerAudio:
        """The last half second of the caller's audio that the bus has; empty if it has none."""
        subject = subjects.caller_audio(call_log.call_sid)
        newest = await self.bus.streams.last_message(streams.AUDIO, subject)
        if newest is None:
            return CallerAudio()
        end_ms = int(CallerAudio.FromString(newest.data).at_ms)
        since_us = call_log.clock.us_at(max(0, end_ms - _PUBLISHED_TAIL_MS))
        tail = CallerAudio()
        for audio in await read_audio(self.bus, subject, CallerAudio, since_us=since_us, consistent=False):
            follows = tail.at_ms + duration_ms(tail.mulaw) == audio.at_ms
            if follows:
                tail.mulaw += audio.mulaw
            elif audio.at_ms > tail.at_ms:
                # The chunk follows a gap, or is the first one.
                tail = CallerAudio(at_ms=audio.at_ms, mulaw=audio.mulaw)
        return tail
