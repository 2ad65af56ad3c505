"""Serves one media stream of a call, from Twilio's WebSocket upgrade until the call has moved or ended."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field

import structlog
from fastapi import WebSocket
from starlette.websockets import WebSocketDisconnect

from parley.agent_store import AgentStore
from parley.bus import Bus, subjects
from parley.errors import BusError, ProviderError, Superseded
from parley.events.log import CallEventLog, open_call_log
from parley.events.outbox import Outbox
from parley.events.time_slices import TimeSlices
from parley.exception_groups import flatten_group
from parley.latency.tracer import CallTracer
from parley.runtime.stage import worker_name
from parley.v1.call_pb2 import DtmfPressed, StreamStarted, StreamStopped
from parley.v1.playback_pb2 import PlaybackProgressed
from services.edge.call_registry import CallRegistry
from services.edge.calls.call_deadline import CallDeadline, max_duration_s
from services.edge.calls.call_state import CallState
from services.edge.calls.fallback import start_fallback
from services.edge.calls.lifecycle import claim_stream, is_call_sid, load_call_state, try_end_call
from services.edge.calls.stream_outcome import await_outcome
from services.edge.inbound.connection import MediaConnection, open_connection
from services.edge.inbound.ingest import AudioIngest
from services.edge.metrics import EdgeMetrics
from services.edge.outbound.latest_position import LatestPosition
from services.edge.outbound.player import Player
from services.edge.outbound.player_state import PLAYER
from services.edge.settings import EdgeSettings
from services.edge.standby.supervisor import StandbySupervisor
from services.edge.telephony.line import CallLine
from services.edge.telephony.requests import TELEPHONY
from services.edge.telephony.telephony import follow_requests
from services.edge.twilio.accounts import TwilioAccounts
from services.edge.twilio.media_messages import Dtmf, Mark, Media, Stop
from services.edge.twilio.media_socket import POLICY_VIOLATION, TRY_AGAIN, close
from services.edge.twilio.request_gate import TwilioRequestGate
from services.edge.twilio.twiml import PublicUrls

log = structlog.get_logger()

_SEND_TIMEOUT_S = 5.0
_MAX_WAIT_FOR_SILENCE_S = 5.0
"""When the edge drains, a call waits this long for a pause in which neither side speaks."""
_SILENCE_POLL_INTERVAL_S = 0.05


class StreamEnded(Exception):
    """The media stream has ended; `reason` is the reason in stream.stopped."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class MediaStreamEndpoint:
    """The WebSocket endpoint of media streams."""

    bus: Bus
    agents: AgentStore
    outbox: Outbox
    settings: EdgeSettings
    gate: TwilioRequestGate
    twilio: TwilioAccounts
    calls: CallRegistry
    standby: StandbySupervisor | None
    """Present only if standby streams are enabled."""
    tracer: CallTracer
    metrics: EdgeMetrics
    slices: TimeSlices = field(default_factory=TimeSlices)
    """Shared by all calls that are taken over."""

    async def serve(self, socket: WebSocket) -> None:
        """WebSocket /twilio/stream."""
        async with open_connection(socket, self.gate, self.calls) as connection:
            if connection is None:
                return
            try:
                await self._serve_call(connection)
            except* (BusError, TimeoutError) as group:
                log.error("media_stream_failed", reason=str(flatten_group(group)[0]) or "timeout")

    async def _serve_call(self, connection: MediaConnection) -> None:
        start = connection.start
        call = await load_call_state(self.bus, start.call_sid) if is_call_sid(start.call_sid) else None
        if call is None or call.end_reason:
            reason = "call_unknown" if call is None else "call_ended"
            log.error("media_stream_rejected", reason=reason, stream_sid=start.stream_sid)
            await close(connection.socket, POLICY_VIOLATION)
            return
        # Not checked for a resumed stream: the edge that resumes a call has checked, and a frozen edge would
        # delay it.
        if (
            not call.is_resuming
            and await self.bus.requests.send(subjects.media_alive(start.call_sid)) is not None
        ):
            log.error("media_stream_rejected", reason="other_stream_alive", stream_sid=start.stream_sid)
            await close(connection.socket, POLICY_VIOLATION)
            return
        # Done before stream.started is appended: its readers may check liveness, or stop this edge.
        with self.calls.track():
            async with AsyncExitStack() as liveness:
                await liveness.enter_async_context(self._respond_liveness(start.call_sid))
                started = StreamStarted(
                    stream_sid=start.stream_sid,
                    at_ms=call.clock.ms_at(connection.opened_us),
                    worker=worker_name("edge"),
                    redirected_at_ms=start.redirected_at_ms,
                    after_tool_call_id=start.after_tool_call_id,
                )
                await self._run_claimed(connection, call, started, liveness)

    async def _run_claimed(
        self, connection: MediaConnection, call: CallState, started: StreamStarted, liveness: AsyncExitStack
    ) -> None:
        start = connection.start
        epoch = await claim_stream(self.bus, start.call_sid, call, started)
        if epoch is None:
            log.error("media_stream_rejected", reason="other_stream_claimed", stream_sid=start.stream_sid)
            await close(connection.socket, TRY_AGAIN)
            return
        self._count_opened(call, started.at_ms)
        log.info("media_stream_opened", stream_sid=start.stream_sid, epoch=epoch, agent=call.agent)
        opened = open_call_log(
            self.bus,
            self.outbox,
            start.call_sid,
            "edge",
            epoch,
            folds=(PLAYER, TELEPHONY),
            slices=self.slices,
        )
        async with opened as call_log:
            self.tracer.follow(call_log)
            previous = await LatestPosition(self.bus, start.call_sid, epoch).read_previous()
            max_s = await max_duration_s(self.agents, self.settings, call)
            urls = PublicUrls(call.public_url, self.gate.direct_url())
            twilio, own = self.twilio.of(*call.account), self.settings.from_number
            telephony = follow_requests(self.bus, call_log, twilio, call, urls, self.metrics, own)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(telephony.run(), name="telephone requests")
                session = StreamSession(self, connection, call_log, call, previous, max_s, telephony.line)
                reason = await session.run()
                self.metrics.stream_closed(reason)
                await liveness.aclose()
                await call_log.append(
                    StreamStopped(stream_sid=start.stream_sid, at_ms=call_log.now_ms(), reason=reason)
                )
                log.info("media_stream_closed", stream_sid=start.stream_sid, reason=reason)
                if reason not in ("superseded", "drained", "redirected"):
                    resume_timeout_s = self.settings.stream_resume_timeout_s
                    await await_outcome(self.bus, call_log, reason, resume_timeout_s, self.calls.draining)
                telephony.line.close()

    def _count_opened(self, call: CallState, at_ms: int) -> None:
        """Count the stream that opened at call time `at_ms`; `call` is the state before it."""
        self.metrics.stream_opened(resumed=call.stream_epoch > 0)
        resuming = call.resuming
        if resuming is not None and call.is_resuming and resuming.last_audio_ms:
            self.metrics.stream_resumed(resuming.method, at_ms - resuming.last_audio_ms)

    @asynccontextmanager
    async def _respond_liveness(self, call_sid: str) -> AsyncIterator[None]:
        """While entered, liveness requests for this call's stream are answered."""

        async def respond(_data: bytes) -> bytes:
            return b"alive"

        async with self.bus.requests.respond(subjects.media_alive(call_sid), respond):
            yield


class StreamSession:
    """Transfers audio in both directions over one claimed media stream."""

    def __init__(
        self,
        endpoint: MediaStreamEndpoint,
        connection: MediaConnection,
        call_log: CallEventLog,
        call: CallState,
        previous: PlaybackProgressed | None,
        max_s: float,
        line: CallLine,
    ) -> None:
        self._bus = endpoint.bus
        self._agents = endpoint.agents
        self._twilio = endpoint.twilio.of(*call.account)
        self._calls = endpoint.calls
        self._standby = endpoint.standby
        self._settings = endpoint.settings
        self._connection = connection
        self._log = call_log
        self._call = call
        self._deadline = CallDeadline(
            endpoint.bus, self._twilio, endpoint.settings, endpoint.metrics, call_log, max_s
        )
        stream_sid = connection.start.stream_sid
        self._player = Player(
            self._bus, call_log, stream_sid, self._send, self._hang_up, self._start_fallback, previous
        )
        self._line = line
        line.audio = self._player

    async def run(self) -> str:
        """Run until the stream has ended; return the reason in its stream.stopped."""
        player, standby = self._player, self._standby
        backfilled = standby.ingest(self._log) if standby is not None else None
        ingest = backfilled or AudioIngest(self._bus, self._log.call_sid, self._log.epoch)
        reasons: list[str] = []
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._read(ingest), name="read media messages")
                tasks.create_task(self._follow_events(), name="follow events")
                tasks.create_task(player.follow_audio(), name="follow agent audio")
                tasks.create_task(player.run_writer(), name="write media messages")
                tasks.create_task(player.run_timers(), name="playback timers")
                tasks.create_task(self._drain(), name="drain")
                tasks.create_task(self._end_by_clock(), name="end by the clock")
                tasks.create_task(self._watch_silence(), name="watch silence")
                if standby is not None and backfilled is not None:
                    tasks.create_task(
                        standby.supervise(self._log, backfilled, self._twilio), name="standby stream"
                    )
        except* StreamEnded as group:
            reasons += [error.reason for error in flatten_group(group) if isinstance(error, StreamEnded)]
        except* Superseded:
            reasons.append("superseded")
        await ingest.close()
        return reasons[0]

    async def _read(self, ingest: AudioIngest) -> None:
        """Long-lived: process Twilio's messages."""
        clock = self._log.clock
        async for arrived in self._connection.messages:
            self._deadline.on_message()
            match arrived.message:
                case Media() as media:
                    await ingest.push_frame(media, clock.ms_at(arrived.at_us))
                    self._calls.media_frames.inc()
                case Mark(name=name):
                    await self._player.on_mark(name)
                case Dtmf(digit=digit):
                    await self._log.append(DtmfPressed(digit=digit[:1], at_ms=clock.ms_at(arrived.at_us)))
                case Stop():
                    self._line.stream_stopped()
                    raise StreamEnded("redirected" if self._line.redirecting else "stop")
                case _:
                    pass
        raise StreamEnded("lost")

    async def _follow_events(self) -> None:
        """Long-lived: pass the events of the other stages to the player."""
        async for event in self._log:
            self._deadline.on_event(event)
            await self._player.on_event(event)

    async def _end_by_clock(self) -> None:
        """Long-lived: end the call at its limit, and close the stream of a call that has ended."""
        await self._deadline.wait_until_closed()
        raise StreamEnded("closed")

    async def _watch_silence(self) -> None:
        """Long-lived: end the stream if Twilio has ended the call and the socket does not show it."""
        await self._deadline.watch_silence()
        raise StreamEnded("lost")

    async def _drain(self) -> None:
        """Long-lived: end the stream when this edge drains, in a pause of the conversation if one comes."""
        await self._calls.draining.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(_MAX_WAIT_FOR_SILENCE_S):
                while not self._player.is_silent:  # noqa: ASYNC110 - playback has no event for it
                    await asyncio.sleep(_SILENCE_POLL_INTERVAL_S)
        raise StreamEnded("drained")

    async def _send(self, text: str) -> None:
        try:
            async with asyncio.timeout(_SEND_TIMEOUT_S):
                await self._connection.socket.send_text(text)
        except (WebSocketDisconnect, RuntimeError, TimeoutError):
            raise StreamEnded("lost") from None

    async def _hang_up(self) -> None:
        await try_end_call(self._bus, self._log.call_sid, "agent")
        try:
            await self._twilio.hang_up(self._log.call_sid)
        except ProviderError as error:
            # Twilio requests /voice?resume=1 next, which answers with <Hangup>.
            log.error("hangup_by_rest_failed", code=error.code, reason=error.reason)
            raise StreamEnded("closed") from error

    async def _start_fallback(self) -> None:
        if not await start_fallback(
            self._bus, self._agents, self._twilio, self._log.call_sid, self._settings, self._call
        ):
            raise StreamEnded("closed")
