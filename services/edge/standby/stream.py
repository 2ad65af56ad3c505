"""Receives the standby stream of a call that another edge carries, and responds to requests for its audio."""

import asyncio
from dataclasses import dataclass

import structlog
from fastapi import WebSocket

from parley.bus import Bus, Subscription, subjects
from parley.clock import CallClock
from parley.errors import BusError
from parley.runtime.stage import worker_name
from parley.v1.audio_pb2 import CallerAudio
from services.edge.call_registry import CallRegistry
from services.edge.calls.lifecycle import is_call_sid, load_call_state
from services.edge.inbound.connection import MediaConnection, open_connection
from services.edge.inbound.stream_clock import StreamClock
from services.edge.standby.buffer import StandbyBuffer
from services.edge.twilio.media_messages import Media, Start, Stop
from services.edge.twilio.media_socket import POLICY_VIOLATION, TimestampedMessages, close
from services.edge.twilio.request_gate import TwilioRequestGate

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class StandbyStreamEndpoint:
    """The WebSocket endpoint of standby streams."""

    bus: Bus
    gate: TwilioRequestGate
    calls: CallRegistry

    async def serve(self, socket: WebSocket) -> None:
        """WebSocket /twilio/standby."""
        async with open_connection(socket, self.gate, self.calls) as connection:
            if connection is None:
                return
            try:
                await self._serve_call(connection)
            except BusError as error:
                log.error("standby_stream_failed", reason=str(error))

    async def _serve_call(self, connection: MediaConnection) -> None:
        call_sid = connection.start.call_sid
        call = await load_call_state(self.bus, call_sid) if is_call_sid(call_sid) else None
        if call is None or call.end_reason:
            await close(connection.socket, POLICY_VIOLATION)
        else:
            await self._buffer(connection.start, connection.messages, call.clock)

    async def _buffer(self, start: Start, messages: TimestampedMessages, clock: CallClock) -> None:
        """Buffer the stream until it ends, another standby stream of the call opens, or the edge stops."""
        buffer, worker = StandbyBuffer(), worker_name("edge").encode()

        async def respond_liveness(_data: bytes) -> bytes:
            return worker

        async def respond_fetch(published: bytes) -> bytes:
            return buffer.since(CallerAudio.FromString(published)).SerializeToString()

        async with (
            self.bus.requests.respond(subjects.standby_alive(start.call_sid), respond_liveness),
            self.bus.requests.respond(subjects.standby_fetch(start.call_sid), respond_fetch),
            self.bus.subscribe(subjects.standby_opened(start.call_sid)) as opened,
        ):
            await self.bus.publish(subjects.standby_opened(start.call_sid), start.stream_sid.encode())
            log.info("standby_stream_opened", stream_sid=start.stream_sid)
            ends = (
                asyncio.ensure_future(_read(messages, buffer, clock)),
                asyncio.ensure_future(_wait_until_replaced(opened, start)),
                asyncio.ensure_future(self.gate.stopping.wait()),
            )
            try:
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in ends:
                    task.cancel()
                await asyncio.gather(*ends, return_exceptions=True)
        log.info("standby_stream_closed", stream_sid=start.stream_sid)


async def _read(messages: TimestampedMessages, buffer: StandbyBuffer, clock: CallClock) -> None:
    """Buffer frames until the stream ends."""
    stream_clock = StreamClock()
    async for arrived in messages:
        match arrived.message:
            case Media() as media:
                frame = stream_clock.to_frame(media, clock.ms_at(arrived.at_us))
                if frame is not None:
                    buffer.add(frame)
            case Stop():
                return
            case _:
                pass


async def _wait_until_replaced(opened: Subscription, start: Start) -> None:
    """Wait until another standby stream of the call opens: one is enough, and Twilio bills each one."""
    async for message in opened:
        if message.data != start.stream_sid.encode():
            return
