"""One media stream: Twilio's WebSocket, from its upgrade until the call has gone on or ended."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

import structlog
from fastapi import WebSocket
from starlette.websockets import WebSocketDisconnect

from parley.agent_config import load_agent_config
from parley.bus import Bus, subjects
from parley.errors import BusError, ProviderError, Superseded
from parley.events.log import CallEventLog, open_call_log
from parley.events.outbox import Outbox
from parley.latency.tracer import CallTracer
from parley.runtime.stage import worker_name
from parley.v1.call_pb2 import DtmfPressed, StreamStarted, StreamStopped
from services.edge.call_registry import CallRegistry
from services.edge.calls.lifecycle import (
    FALLBACK,
    CallState,
    claim_stream,
    end_call,
    is_call_sid,
    load_call_state,
)
from services.edge.inbound.connection import MediaConnection, TimestampedMessages, open_connection
from services.edge.inbound.ingest import AudioIngest
from services.edge.outbound.player import Player
from services.edge.settings import EdgeSettings
from services.edge.standby.supervisor import StandbySupervisor
from services.edge.twilio import twiml
from services.edge.twilio.media_messages import Dtmf, Mark, Media, Stop
from services.edge.twilio.media_socket import POLICY_VIOLATION, TRY_AGAIN, close
from services.edge.twilio.request_gate import TwilioRequestGate
from services.edge.twilio.rest import TwilioRest

log = structlog.get_logger()

_AFTER_STOP_S = 3.0
"""Twilio's own word on how the call ended comes within this time, as a rule."""
_SEND_TIMEOUT_S = 5.0
_SAID_SOON_S = 1.0
_END_AGAIN_S = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Pauses after each try; each try itself waits some seconds for a leader."""
_GOOD_MOMENT_S = 5.0
"""A call that is to be moved waits this long for a moment in which nobody speaks."""


class StreamEnded(Exception):
    """The stream has ended; `reason` is that of stream.stopped."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class MediaStreamEndpoint:
    """The endpoint of media streams."""

    bus: Bus
    outbox: Outbox
    settings: EdgeSettings
    gate: TwilioRequestGate
    twilio: TwilioRest
    calls: CallRegistry
    standby: StandbySupervisor | None
    """None unless the setting is on."""
    tracer: CallTracer

    async def serve(self, socket: WebSocket) -> None:
        """WebSocket /twilio/stream."""
        async with open_connection(socket, self.gate, self.calls) as stream:
            if stream is None:
                return
            try:
                await self._serve_call(stream)
            except (BusError, TimeoutError) as error:
                log.error("media stream given up", reason=str(error) or "the bus is late")

    async def _serve_call(self, stream: MediaConnection) -> None:
        socket, start = stream.socket, stream.start
        known = await load_call_state(self.bus, start.call_sid) if is_call_sid(start.call_sid) else None
        if known is None or known.end_reason:
            log.error("media stream of no live call", ended=known is not None)
            await close(socket, POLICY_VIOLATION)
            return
        # Who had it followed by another has asked whether it lives: a frozen edge lets each who asks wait.
        if (
            not known.is_resuming
            and await self.bus.requests.send(subjects.media_alive(start.call_sid)) is not None
        ):
            log.error("second media stream refused: the call's first is alive", stream_sid=start.stream_sid)
            await close(socket, POLICY_VIOLATION)
            return
        # Alive and counted before it is told: who hears of the stream may ask, and may stop us, at once.
        with self.calls.track():
            async with AsyncExitStack() as alive:
                await alive.enter_async_context(self._respond_liveness(start.call_sid))
                started = StreamStarted(
                    stream_sid=start.stream_sid,
                    at_ms=known.clock.ms_at(stream.opened_us),
                    worker=worker_name("edge"),
                    redirected_at_ms=start.redirected_at_ms,
                )
                await self._run_claimed(stream, known, started, alive)

    async def _run_claimed(
        self, stream: MediaConnection, known: CallState, started: StreamStarted, alive: AsyncExitStack
    ) -> None:
        start = stream.start
        epoch = await claim_stream(self.bus, start.call_sid, known, started)
        if epoch is None:
            log.error("media stream refused: another was quicker", stream_sid=start.stream_sid)
            await close(stream.socket, TRY_AGAIN)
            return
        log.info("media stream open", stream_sid=start.stream_sid, epoch=epoch, agent=known.agent)
        async with open_call_log(self.bus, self.outbox, start.call_sid, "edge", epoch) as call_log:
            self.tracer.follow(call_log)
            reason = await self._stream(stream, call_log, known.agent)
            await alive.aclose()
            await call_log.append(
                StreamStopped(stream_sid=start.stream_sid, at_ms=call_log.now_ms(), reason=reason)
            )
            log.info("media stream over", stream_sid=start.stream_sid, reason=reason)
            if reason not in ("superseded", "drained"):
                await self._await_outcome(call_log, reason)

    @asynccontextmanager
    async def _respond_liveness(self, call_sid: str) -> AsyncIterator[None]:
        """Tell who asks that this call's stream is alive."""

        async def alive(_data: bytes) -> bytes:
            return b"alive"

        async with self.bus.requests.respond(subjects.media_alive(call_sid), alive):
            yield

    async def _stream(self, stream: MediaConnection, call_log: CallEventLog, agent: str) -> str:
        """Carry sound both ways; gives the reason why the stream is over."""
        start = stream.start

        async def send(text: str) -> None:
            try:
                async with asyncio.timeout(_SEND_TIMEOUT_S):
                    await stream.socket.send_text(text)
            except (WebSocketDisconnect, RuntimeError, TimeoutError):
                raise StreamEnded("lost") from None

        async def hang_up() -> None:
            await self._end(start.call_sid, "agent")
            try:
                await self.twilio.hang_up(start.call_sid)
            except ProviderError as error:
                # Twilio asks /voice?resume=1 next, and is told to hang up.
                log.error("hang-up by REST failed, closing the stream", code=error.code, reason=error.reason)
                raise StreamEnded("closed") from error

        async def fall_back() -> None:
            await self._fall_back(start.call_sid, agent)

        player = Player(self.bus, call_log, start.stream_sid, send, hang_up, fall_back)
        backfilled = self.standby.ingest(call_log) if self.standby is not None else None
        ingest = backfilled or AudioIngest(self.bus, start.call_sid, call_log.epoch)
        over: list[str] = []
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._read(stream.messages, call_log, ingest, player), name="read")
                tasks.create_task(_follow(call_log, player), name="follow the log")
                tasks.create_task(player.follow_audio(), name="follow the sound")
                tasks.create_task(player.run_writer(), name="write")
                tasks.create_task(player.run_timers(), name="watch")
                tasks.create_task(self._drain(player), name="move")
                if self.standby is not None and backfilled is not None:
                    supervising = self.standby.supervise(call_log, backfilled)
                    tasks.create_task(supervising, name="standby stream")
        except* StreamEnded as group:
            over += [error.reason for error in group.exceptions if isinstance(error, StreamEnded)]
        except* Superseded:
            over.append("superseded")
        await ingest.close()
        return over[0]

    async def _end(self, call_sid: str, reason: str) -> None:
        """Say in the log that the call ends; a bus without a leader does not keep the caller on the line."""
        try:
            async with asyncio.timeout(_SAID_SOON_S):
                await end_call(self.bus, call_sid, reason)
        except (BusError, TimeoutError):
            log.warning("the call's end is not in its log yet, and is told again when its stream has ended")

    async def _fall_back(self, call_sid: str, agent: str) -> None:
        """Nobody can go on with the call here: Twilio does what the agent file says."""
        fallback = load_agent_config(self.settings.agents_dir, agent).fallback
        log.error("call left to Twilio", then=fallback.then)
        await self._end(call_sid, FALLBACK)
        try:
            await self.twilio.redirect(call_sid, twiml.fall_back(fallback))
        except ProviderError as error:
            # Twilio asks /voice?resume=1 next, and is told the same.
            log.error("fallback by REST failed, closing the stream", code=error.code, reason=error.reason)
            raise StreamEnded("closed") from error

    async def _drain(self, player: Player) -> None:
        """Long-lived: leave this process when it is to end, between two sentences if they come soon."""
        await self.calls.draining.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(_GOOD_MOMENT_S):
                while not player.is_silent:  # noqa: ASYNC110 - the line has no event for it
                    await asyncio.sleep(0.05)
        raise StreamEnded("drained")

    async def _read(
        self, arrivals: TimestampedMessages, call_log: CallEventLog, ingest: AudioIngest, player: Player
    ) -> None:
        """Long-lived: what Twilio sends."""
        clock = call_log.clock
        async for arrival in arrivals:
            match arrival.message:
                case Media() as media:
                    await ingest.push_frame(media, clock.ms_at(arrival.at_us))
                    self.calls.frames.inc()
                case Mark(name=name):
                    await player.on_mark(name)
                case Dtmf(digit=digit):
                    await call_log.append(DtmfPressed(digit=digit[:1], at_ms=clock.ms_at(arrival.at_us)))
                case Stop():
                    raise StreamEnded("stop")
                case _:
                    pass
        raise StreamEnded("lost")

    async def _await_outcome(self, call_log: CallEventLog, reason: str) -> None:
        """Wait for Twilio's word on the call, or for its next stream; say that it ended if neither comes."""
        wait_s = _AFTER_STOP_S if reason == "stop" else self.settings.stream_resume_timeout_s
        waiting = {asyncio.ensure_future(_ended(call_log))}
        if reason != "stop":
            # A process that ends leaves the call to whichever edge hears of it next.
            waiting.add(asyncio.ensure_future(_set(self.calls.draining)))
        try:
            done, _ = await asyncio.wait(waiting, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        if done:
            return
        for pause_s in _END_AGAIN_S:
            try:
                await self._end_unless_followed(call_log, "hangup" if reason == "stop" else "stream-lost")
            except BusError as error:
                log.warning("the call's end is not in its log yet", reason=str(error))
                await asyncio.sleep(pause_s)
            else:
                return
        log.error("the call's end is not in its log")

    async def _end_unless_followed(self, call_log: CallEventLog, reason: str) -> None:
        known = await load_call_state(self.bus, call_log.call_sid)
        if known is not None and known.stream_epoch == call_log.epoch and not known.end_reason:
            await end_call(self.bus, call_log.call_sid, reason)


async def _set(event: asyncio.Event) -> None:
    await event.wait()


async def _ended(call_log: CallEventLog) -> None:
    """Until the call has ended, or another stream of it has begun."""
    with suppress(Superseded):
        async for event in call_log:
            if event.HasField("call_ended"):
                return


async def _follow(call_log: CallEventLog, player: Player) -> None:
    """Long-lived: what the other stages say."""
    async for event in call_log:
        await player.on_event(event)
