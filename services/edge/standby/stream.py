"""A second ear on a call: a fork of its sound at an edge that does not carry it.

It says nothing and publishes nothing. It remembers the last seconds of what the caller said; should the edge
that carries the call die or freeze, the next one asks it for what was said while nobody listened.
"""

import asyncio
from collections import deque
from dataclasses import dataclass

import structlog
from fastapi import WebSocket

from parley.audio.g711 import BYTES_PER_MS, duration_ms
from parley.bus import Bus, Subscription, subjects
from parley.clock import CallClock
from parley.errors import BusError
from parley.runtime.stage import worker_name
from parley.v1.audio_pb2 import CallerAudio, StandbyAudio
from services.edge.call_registry import CallRegistry
from services.edge.calls.lifecycle import is_call_sid, load_call_state
from services.edge.inbound.connection import MediaConnection, TimestampedMessages, open_connection
from services.edge.inbound.stream_clock import StreamClock, TimedFrame
from services.edge.standby.alignment import concat, find_overlap
from services.edge.twilio.media_messages import Media, Start, Stop
from services.edge.twilio.media_socket import POLICY_VIOLATION, close
from services.edge.twilio.request_gate import TwilioRequestGate

log = structlog.get_logger()

_REMEMBERED_MS = 12_000
"""Longer than a frozen edge goes unnoticed."""


class StandbyBuffer:
    """The last seconds of one caller."""

    def __init__(self) -> None:
        self._frames: deque[TimedFrame] = deque()

    def add(self, frame: TimedFrame) -> None:
        """The newest frame; what is too old is forgotten."""
        self._frames.append(frame)
        while self._frames[0].end_ms < frame.at_ms - _REMEMBERED_MS:
            self._frames.popleft()

    def since(self, heard: CallerAudio) -> StandbyAudio:
        """What was said after some sound that is known already, in order, by that one's clock."""
        end_ms = heard.at_ms + duration_ms(heard.mulaw)
        shift_ms = self._offset_ms(heard)
        found = StandbyAudio()
        for frame in self._frames:
            at_ms = frame.at_ms + shift_ms
            rest = frame.mulaw[max(0, end_ms - at_ms) * BYTES_PER_MS :]
            if rest:
                found.frames.append(CallerAudio(at_ms=max(at_ms, end_ms), mulaw=rest))
        return found

    def _offset_ms(self, heard: CallerAudio) -> int:
        """How much our clock is behind: by where the same sound lies."""
        same = find_overlap(heard.mulaw, concat(self._frames))
        if same is None:
            return 0
        there, here = same
        for frame in self._frames:
            if here < len(frame.mulaw):
                ours_ms = frame.at_ms + here // BYTES_PER_MS
                return int(heard.at_ms) + there // BYTES_PER_MS - ours_ms
            here -= len(frame.mulaw)
        return 0


@dataclass(frozen=True, slots=True)
class StandbyStreamEndpoint:
    """The endpoint of forks."""

    bus: Bus
    gate: TwilioRequestGate
    calls: CallRegistry

    async def serve(self, socket: WebSocket) -> None:
        """WebSocket /twilio/ear."""
        async with open_connection(socket, self.gate, self.calls) as fork:
            if fork is None:
                return
            try:
                await self._serve_call(fork)
            except BusError as error:
                log.error("second ear given up", reason=str(error))

    async def _serve_call(self, fork: MediaConnection) -> None:
        call_sid = fork.start.call_sid
        known = await load_call_state(self.bus, call_sid) if is_call_sid(call_sid) else None
        if known is None or known.end_reason:
            await close(fork.socket, POLICY_VIOLATION)
        else:
            await self._listen(fork.start, fork.messages, known.clock)

    async def _listen(self, start: Start, arrivals: TimestampedMessages, clock: CallClock) -> None:
        memory, own = StandbyBuffer(), worker_name("edge").encode()

        async def alive(_data: bytes) -> bytes:
            return own

        async def said(heard: bytes) -> bytes:
            return memory.since(CallerAudio.FromString(heard)).SerializeToString()

        async with (
            self.bus.requests.respond(subjects.standby_alive(start.call_sid), alive),
            self.bus.requests.respond(subjects.standby_fetch(start.call_sid), said),
            self.bus.subscribe(subjects.standby_opened(start.call_sid)) as opened,
        ):
            await self.bus.publish(subjects.standby_opened(start.call_sid), start.stream_sid.encode())
            log.info("second ear open", stream_sid=start.stream_sid)
            ends = (
                asyncio.ensure_future(_remember(arrivals, memory, clock)),
                asyncio.ensure_future(_another(opened, start)),
                asyncio.ensure_future(self.gate.stopping.wait()),
            )
            try:
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in ends:
                    task.cancel()
                await asyncio.gather(*ends, return_exceptions=True)
        log.info("second ear over", stream_sid=start.stream_sid)


async def _remember(arrivals: TimestampedMessages, memory: StandbyBuffer, clock: CallClock) -> None:
    """Until the fork is over."""
    frames = StreamClock()
    async for arrival in arrivals:
        match arrival.message:
            case Media() as media:
                frame = frames.to_frame(media, clock.ms_at(arrival.at_us))
                if frame is not None:
                    memory.add(frame)
            case Stop():
                return
            case _:
                pass


async def _another(opened: Subscription, start: Start) -> None:
    """Until another ear is opened: one is enough, and Twilio bills each."""
    async for message in opened:
        if message.data != start.stream_sid.encode():
            return
