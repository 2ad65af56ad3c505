"""A call's first and last event, each said once whoever says it; and who owns its stream."""

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass, replace

import structlog
from google.protobuf.message import DecodeError

from parley.audio.g711 import duration_ms
from parley.bus import Bus, streams, subjects
from parley.clock import CallClock, now_us
from parley.errors import BusError, WriteConflict
from parley.events.envelope import Body, parse, wrap
from parley.telemetry.trace_context import traceparent
from parley.v1.audio_pb2 import AgentAudio, CallerAudio
from parley.v1.call_pb2 import CallEnded, CallStarted, StreamResuming, StreamStarted
from parley.v1.event_pb2 import Event
from parley.v1.work_pb2 import Work

log = structlog.get_logger()

_CALL_SID = re.compile(r"CA[0-9a-fA-F]{32}")
_WEBHOOK = "webhook"
"""Stage of what Twilio's webhooks say; any edge may serve them, so it has no owner and no epochs."""
FALLBACK = "fallback"
"""Reason of a call's end for us, while Twilio goes on with it."""
_LAST_SOUND_TIMEOUT_S = 0.5
_RESUMINGS_FROM = 10
"""Sequence of the first; the call's start and end have lower ones."""


def is_call_sid(text: str) -> bool:
    """Whether it is a name that Twilio gives to calls; it becomes part of subjects."""
    return _CALL_SID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class CallState:
    """What of a call's log the edge asks for."""

    started_at_us: int
    agent: str
    end_reason: str
    """Why it has ended; empty while it goes on."""
    stream_epoch: int
    """Of the last media stream; 0 for none."""
    stream_position: int
    """Place of the last stream.started in the log; 0 for none."""
    public_url: str = ""
    stream_sid: str = ""
    stop_reason: str = ""
    """Why the last stream is over; empty while it is not known to be."""
    resuming: StreamResuming | None = None
    """The last word on how a lost stream is to be followed by another."""
    resuming_at_us: int = 0
    resuming_position: int = 0

    @property
    def is_resuming(self) -> bool:
        """Whether another stream is to follow the last."""
        return self.resuming is not None and self.resuming.epoch == self.stream_epoch

    @property
    def clock(self) -> CallClock:
        """Call time."""
        return CallClock(self.started_at_us)


async def load_call_state(bus: Bus, call_sid: str) -> CallState | None:
    """Read a call's log; None when it has none.

    Raises:
        BusError: it cannot be read.
    """
    messages = await bus.streams.read(streams.CALLS, subjects.call_log(call_sid))
    known: CallState | None = None
    for message in messages:
        event = parse(message.data)
        if event is not None:
            known = _evolve(known, event, message.sequence)
    return known


def _evolve(known: CallState | None, event: Event, place: int) -> CallState | None:
    if known is None:
        if not event.HasField("call_started"):
            return None
        said = event.call_started
        return CallState(event.sent_at_us, said.agent, "", 0, 0, said.public_url)
    if event.HasField("call_ended"):
        return replace(known, end_reason=event.call_ended.reason or "completed")
    if event.HasField("stream_started") and event.epoch > known.stream_epoch:
        sid = event.stream_started.stream_sid
        return replace(known, stream_epoch=event.epoch, stream_position=place, stream_sid=sid, stop_reason="")
    if event.HasField("stream_stopped") and event.epoch == known.stream_epoch:
        return replace(known, stop_reason=event.stream_stopped.reason)
    if event.HasField("stream_resuming"):
        at_us = event.sent_at_us
        return replace(known, resuming=event.stream_resuming, resuming_at_us=at_us, resuming_position=place)
    return known


async def start_call(bus: Bus, call_sid: str, started: CallStarted) -> bool:
    """Begin the call's log and look for owners of its stages; False when that was done before.

    Raises:
        BusError: it could not be stored.
    """
    new = await _append_once(bus, call_sid, started, sequence=1)
    # Said again for a repeated webhook too: the first may have died between the two.
    await asyncio.gather(*(_enqueue_work(bus, stage, call_sid, started.agent) for stage in subjects.STAGES))
    return new


async def _enqueue_work(bus: Bus, stage: str, call_sid: str, agent: str) -> None:
    work = Work(call_sid=call_sid, stage=stage, agent=agent)
    # A repeated webhook finds the message of the first one.
    with suppress(WriteConflict):
        await bus.publish_durable(
            subjects.work(stage, call_sid), work.SerializeToString(), message_id=f"{call_sid}:{stage}"
        )


async def end_call(bus: Bus, call_sid: str, reason: str) -> bool:
    """End the call's log; False when it had ended, or never began.

    Raises:
        BusError: it could not be stored.
    """
    known = await load_call_state(bus, call_sid)
    if known is None or known.end_reason:
        return False
    ended = CallEnded(reason=reason, duration_ms=known.clock.ms_at(now_us()))
    return await _append_once(bus, call_sid, ended, sequence=2)


async def claim_stream(bus: Bus, call_sid: str, state: CallState, started: StreamStarted) -> int | None:
    """Own the call's media; gives the stream's epoch, None when another stream was quicker.

    Raises:
        BusError: it could not be stored.
    """
    epoch = state.stream_epoch + 1
    event = _event(started, call_sid, "edge", epoch, 0)
    first = await _append_if_unchanged(bus, event, state.stream_position)
    return epoch if first else None


async def claim_resumption(
    bus: Bus, call_sid: str, state: CallState, method: str, *, edge_stalled: bool = False
) -> bool:
    """Be the one who has the lost stream followed by another; False when somebody else is.

    Raises:
        BusError: it could not be stored.
    """
    said = StreamResuming(epoch=state.stream_epoch, method=method, edge_stalled=edge_stalled)
    with suppress(BusError, TimeoutError, DecodeError):
        async with asyncio.timeout(_LAST_SOUND_TIMEOUT_S):
            await _add_last_sound(bus, call_sid, said)
    # Of one stream it may be said again, should the first word have come to nothing.
    event = _event(said, call_sid, _WEBHOOK, 0, _RESUMINGS_FROM + state.resuming_position)
    return await _append_if_unchanged(bus, event, state.resuming_position)


async def _add_last_sound(bus: Bus, call_sid: str, said: StreamResuming) -> None:
    """Of the caller's, and what there was of the agent's by then: one stream holds both, as they came."""
    last = await bus.streams.last_message(streams.AUDIO, subjects.caller_audio(call_sid))
    if last is None:
        return
    heard = CallerAudio.FromString(last.data)
    said.last_audio_ms = heard.at_ms + duration_ms(heard.mulaw)
    spoken = await bus.streams.last_message(
        streams.AUDIO, subjects.agent_audio(call_sid), up_to=last.sequence
    )
    if spoken is not None:
        audio = AgentAudio.FromString(spoken.data)
        said.last_reply_id = audio.reply_id
        said.last_reply_samples = audio.offset_samples + len(audio.mulaw)


async def _append_once(bus: Bus, call_sid: str, body: Body, *, sequence: int) -> bool:
    return await _append_if_unchanged(bus, _event(body, call_sid, _WEBHOOK, 0, sequence), 0)


async def _append_if_unchanged(bus: Bus, event: Event, last_place: int) -> bool:
    """Say what only the first of several may say; False if the subject holds more than up to `last_place`."""
    name = event.WhichOneof("body") or ""
    try:
        await bus.publish_durable(
            subjects.call_event(event.call_sid, name),
            event.SerializeToString(),
            message_id=f"{event.call_sid}:{event.id}",
            expect_last=last_place,
        )
    except WriteConflict:
        return False
    return True


def _event(body: Body, call_sid: str, stage: str, epoch: int, sequence: int) -> Event:
    return wrap(
        body,
        call_sid=call_sid,
        stage=stage,
        epoch=epoch,
        sequence=sequence,
        sent_at_us=now_us(),
        traceparent=traceparent(call_sid),
    )
