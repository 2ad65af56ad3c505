"""Starts and ends a call's log, and claims its media stream and the resumption of a lost one.

Several edges may try this at once. Each write states the expected last sequence of its subject, so NATS
accepts only the first.
"""

import asyncio
import re
from collections.abc import Awaitable
from contextlib import suppress

import structlog
from google.protobuf.message import DecodeError

from parley.audio.g711 import duration_ms
from parley.bus import Bus, streams, subjects
from parley.clock import now_us
from parley.errors import BusError, WriteConflict
from parley.events.envelope import Body, parse, wrap
from parley.telemetry.trace_context import traceparent
from parley.v1.audio_pb2 import AgentAudio, CallerAudio
from parley.v1.call_pb2 import (
    CallEnded,
    CallStarted,
    StreamFailed,
    StreamResuming,
    StreamStarted,
    VoicemailRecorded,
    VoicemailStored,
)
from parley.v1.event_pb2 import Event
from parley.v1.work_pb2 import Work
from services.edge.calls.call_state import CallState, evolve

log = structlog.get_logger()

TRANSFERRED = "transferred"
"""Outcome of a transfer, and reason of call.ended: a person has the caller."""
_CALL_SID = re.compile(r"CA[0-9a-fA-F]{32}")
_WEBHOOK = "webhook"
"""Stage of events that Twilio's webhooks cause. Any edge may serve them, so this stage has no owner or
epoch."""
_STARTED_SEQUENCE, _ENDED_SEQUENCE, _VOICEMAIL_SEQUENCE, _FIRST_RESUMING_SEQUENCE = 1, 2, 3, 10
_STORED_VOICEMAIL_SEQUENCE = 4
"""Event sequences of the stage `webhook`; they are constant, so that a repeated webhook has the same event
id."""
_FIRST_FAILED_SEQUENCE = 1 << 40
"""Above every sequence of a resumption."""
_LAST_AUDIO_TIMEOUT_S = 0.5
_TRY_END_TIMEOUT_S = 1.0


def is_call_sid(text: str) -> bool:
    """Whether a text is a valid CallSid, and therefore safe as a part of subjects."""
    return _CALL_SID.fullmatch(text) is not None


async def load_call_state(bus: Bus, call_sid: str) -> CallState | None:
    """Fold a call's start and end and its streams; None for a call that has not started.

    These events are few, however long the call is, and nothing else is read.

    Raises:
        BusError: the log cannot be read.
    """
    of_call, of_streams = await asyncio.gather(
        bus.streams.read(streams.CALLS, subjects.call_events(call_sid, "call")),
        bus.streams.read(streams.CALLS, subjects.call_events(call_sid, "stream")),
    )
    call: CallState | None = None
    for message in sorted((*of_call, *of_streams), key=lambda message: message.sequence):
        event = parse(message.data)
        if event is not None:
            call = evolve(call, event, message.sequence)
    return call


async def start_call(
    bus: Bus, call_sid: str, started: CallStarted, *, before_work: Awaitable[None] | None = None
) -> bool:
    """Start a call's log and enqueue work for each stage; False if the log already exists.

    `before_work` is awaited at the same time as the first event is stored, and before the work is enqueued.

    Raises:
        BusError: the event or the work could not be stored.
    """
    appending = _append_once(bus, call_sid, started, sequence=_STARTED_SEQUENCE)
    is_new = (await asyncio.gather(appending, before_work or asyncio.sleep(0)))[0]
    # Repeated webhooks also enqueue the work: an edge may have died between the event and its work.
    await asyncio.gather(*(_enqueue_work(bus, stage, call_sid, started.agent) for stage in subjects.STAGES))
    return is_new


async def _enqueue_work(bus: Bus, stage: str, call_sid: str, agent: str) -> None:
    work = Work(call_sid=call_sid, stage=stage, agent=agent)
    # A repeated webhook: the message already exists.
    with suppress(WriteConflict):
        await bus.publish_durable(
            subjects.work(stage, call_sid), work.SerializeToString(), message_id=f"{call_sid}:{stage}"
        )


async def end_call(bus: Bus, call_sid: str, reason: str) -> bool:
    """End a call's log; False if it has already ended or was never started.

    Raises:
        BusError: the event could not be stored.
    """
    call = await load_call_state(bus, call_sid)
    if call is None or call.end_reason:
        return False
    ended = CallEnded(reason=reason, duration_ms=call.clock.ms_at(now_us()))
    return await _append_once(bus, call_sid, ended, sequence=_ENDED_SEQUENCE)


async def append_voicemail(bus: Bus, call_sid: str, recorded: VoicemailRecorded) -> bool:
    """Record that Twilio has recorded the caller's message; False if the log has the event already.

    Raises:
        BusError: the event could not be stored.
    """
    return await _append_once(bus, call_sid, recorded, sequence=_VOICEMAIL_SEQUENCE)


async def append_voicemail_stored(bus: Bus, call_sid: str, stored: VoicemailStored) -> bool:
    """Record where the copy of the caller's message is; False if the log has the event already.

    Raises:
        BusError: the event could not be stored.
    """
    return await _append_once(bus, call_sid, stored, sequence=_STORED_VOICEMAIL_SEQUENCE)


async def try_end_call(bus: Bus, call_sid: str, reason: str) -> None:
    """End a call's log, but do not keep the caller on the line while the bus has no leader.

    A call whose end was not stored is ended later, when its stream ends.
    """
    try:
        async with asyncio.timeout(_TRY_END_TIMEOUT_S):
            await end_call(bus, call_sid, reason)
    except (BusError, TimeoutError) as error:
        log.warning("call_end_not_stored", reason=reason, error=str(error) or "timeout")


async def claim_stream(bus: Bus, call_sid: str, call: CallState, started: StreamStarted) -> int | None:
    """Claim a call's media; returns the stream's epoch, or None if another stream claimed it first.

    Raises:
        BusError: the event could not be stored.
    """
    epoch = call.stream_epoch + 1
    event = _event(started, call_sid, "edge", epoch, 0)
    is_first = await _append_if_unchanged(bus, event, call.stream_position)
    return epoch if is_first else None


async def claim_resumption(
    bus: Bus, call_sid: str, call: CallState, method: str, *, edge_stalled: bool = False
) -> bool:
    """Claim the request for a stream that follows the lost one; False if another edge claimed it first.

    Raises:
        BusError: the event could not be stored.
    """
    resuming = StreamResuming(epoch=call.stream_epoch, method=method, edge_stalled=edge_stalled)
    with suppress(BusError, TimeoutError, DecodeError):
        async with asyncio.timeout(_LAST_AUDIO_TIMEOUT_S):
            await _add_last_audio(bus, call_sid, resuming)
    # After an attempt without effect, another one for the same stream is allowed.
    sequence = _FIRST_RESUMING_SEQUENCE + call.resuming_position
    event = _event(resuming, call_sid, _WEBHOOK, 0, sequence)
    return await _append_if_unchanged(bus, event, call.resuming_position)


async def append_stream_failure(bus: Bus, call_sid: str, call: CallState, stream_sid: str, code: int) -> bool:
    """Record a stream that Twilio could not open; False if another edge recorded a failure meanwhile.

    Raises:
        BusError: the event could not be stored.
    """
    failed = StreamFailed(stream_sid=stream_sid, code=code, epoch=call.stream_epoch)
    event = _event(failed, call_sid, _WEBHOOK, 0, _FIRST_FAILED_SEQUENCE + call.failed_position)
    return await _append_if_unchanged(bus, event, call.failed_position)


async def _add_last_audio(bus: Bus, call_sid: str, resuming: StreamResuming) -> None:
    """Add the position at which the caller's audio ends, and that of the agent's audio published before.

    One stream stores the audio of both, in order of arrival.
    """
    last = await bus.streams.last_message(streams.AUDIO, subjects.caller_audio(call_sid))
    if last is None:
        return
    caller_audio = CallerAudio.FromString(last.data)
    resuming.last_audio_ms = caller_audio.at_ms + duration_ms(caller_audio.mulaw)
    last_agent = await bus.streams.last_message(
        streams.AUDIO, subjects.agent_audio(call_sid), up_to=last.sequence
    )
    if last_agent is not None:
        agent_audio = AgentAudio.FromString(last_agent.data)
        resuming.last_reply_id = agent_audio.reply_id
        resuming.last_reply_samples = agent_audio.offset_samples + len(agent_audio.mulaw)


async def append_webhook_event(
    bus: Bus, call_sid: str, body: Body, sequence: int, last_position: int
) -> bool:
    """Append an event that a webhook causes, unless its subject has one after a position; False if it has.

    Raises:
        BusError: the event could not be stored.
    """
    return await _append_if_unchanged(bus, _event(body, call_sid, _WEBHOOK, 0, sequence), last_position)


async def _append_once(bus: Bus, call_sid: str, body: Body, *, sequence: int) -> bool:
    return await _append_if_unchanged(bus, _event(body, call_sid, _WEBHOOK, 0, sequence), 0)


async def _append_if_unchanged(bus: Bus, event: Event, last_position: int) -> bool:
    """Append an event unless its subject has one after `last_position`; False if it has."""
    name = event.WhichOneof("body") or ""
    try:
        await bus.publish_durable(
            subjects.call_event(event.call_sid, name),
            event.SerializeToString(),
            message_id=f"{event.call_sid}:{event.id}",
            expect_last=last_position,
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
