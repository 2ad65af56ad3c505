"""The record of a call, computed from its events, as database rows, JSON and text. No I/O, no clock."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime

from google.protobuf.json_format import MessageToDict

from parley.clock import CallClock
from parley.events.envelope import event_body, event_name
from parley.latency.projection import TurnLatencies
from parley.latency.turn import TurnLatency
from parley.telemetry.trace_context import trace_id
from parley.v1.call_pb2 import CallEnded, CallStarted, Direction
from parley.v1.event_pb2 import Event
from services.recorder import telephone_outcomes
from services.recorder.collected import Collected, CollectedFields, as_objects
from services.recorder.speculation_cost import SpeculationCost, SpeculationCosts
from services.recorder.telephone_outcomes import TelephoneOutcomes, TextMessage, Transfer
from services.recorder.token_usage import TokenUsage
from services.recorder.transcript import Line, Transcript
from services.recorder.voicemail_outcome import VoicemailOutcome

_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
"""An escaped NUL in JSON, the only character that Postgres does not accept in text."""

_NO_SPECULATION = SpeculationCost()


@dataclass(frozen=True, slots=True)
class Call:
    """A row of the table `calls`. The numbers are personal data: they must not appear in process logs."""

    call_sid: str
    direction: str
    from_number: str
    to_number: str
    agent: str
    started_at: datetime
    ended_at: datetime | None = None
    duration_ms: int | None = None
    end_reason: str | None = None
    recording_url: str | None = None
    transcript_url: str | None = None
    speculation_cost: SpeculationCost = _NO_SPECULATION
    next_agents: tuple[str, ...] = ()
    """The agents that took the call over, in order."""
    data: Mapping[str, Collected] = field(default_factory=dict)
    """The data that the agents collected, by field: personal data."""
    tokens: Mapping[str, object] = field(default_factory=dict)
    """The tokens of the requests to models as a JSON object; empty without any."""
    transfers: tuple[Transfer, ...] = ()
    messages: tuple[TextMessage, ...] = ()
    voicemail_url: str | None = None
    """Address of the message that the caller left after a fallback: personal data."""


@dataclass(frozen=True, slots=True)
class CallRecord:
    """Everything that is stored about a call except its audio and its events."""

    call: Call
    lines: tuple[Line, ...]
    latencies: tuple[TurnLatency, ...]


def call_from_start(started: Event) -> Call:
    """Return the row of a call that has just started."""
    event: CallStarted = started.call_started
    return Call(
        call_sid=started.call_sid,
        direction=Direction.Name(event.direction).removeprefix("DIRECTION_").lower(),
        from_number=_clean(event.from_number),
        to_number=_clean(event.to_number),
        agent=_clean(event.agent),
        started_at=_timestamp(started.sent_at_us),
    )


def recording_name(started: Event) -> str:
    """Return the name of a call's recording: its date (UTC) and CallSid."""
    return recording_name_at(started.sent_at_us, started.call_sid)


def recording_name_at(started_at_us: int, call_sid: str) -> str:
    """Return the name of the recording of a call that started at a time (UTC, microseconds)."""
    return f"{_timestamp(started_at_us):%Y-%m-%d}/{call_sid}"


class RecordBuilder:
    """Computes the record of a finished call from its events; keeps turns and replies, but no events."""

    def __init__(self, started: Event) -> None:
        self._started = call_from_start(started)
        self._clock: CallClock | None = None
        self._transcript = Transcript()
        self._latencies = TurnLatencies()
        self._speculation = SpeculationCosts()
        self._collected = CollectedFields()
        self._tokens = TokenUsage()
        self._telephone = TelephoneOutcomes()
        self.voicemail = VoicemailOutcome()
        """The caller's message, which may follow the end of the call."""
        self._ended: Event | None = None
        self._last = started
        self._last_ms = 0

    def add(self, event: Event) -> None:
        """Add the next event of the call's log."""
        clock = self._clock = self._clock or CallClock(event.sent_at_us)
        self._last, self._last_ms = event, max(self._last_ms, clock.ms_at(event.sent_at_us))
        if self._ended is None and event.HasField("call_ended"):
            self._ended = event
        self._latencies.apply(event)
        body = event_body(event)
        if body is not None:
            self._transcript.apply(body)
            self._speculation.apply(body)
            self._collected.apply(body)
            self._tokens.apply(body)
            self._telephone.apply(body, clock.ms_at(event.sent_at_us))
            self.voicemail.apply(body)

    def build(self, recording_url: str, transcript_url: str) -> CallRecord:
        """Return the record, after the last event."""
        ended, end_ms = self._ended, self._last_ms
        if ended is not None and self._clock is not None:
            end_ms = self._clock.ms_at(ended.sent_at_us)
        outcome = ended.call_ended if ended is not None else CallEnded(reason="unknown")
        call = replace(
            self._started,
            ended_at=_timestamp((ended or self._last).sent_at_us),
            duration_ms=outcome.duration_ms or end_ms,
            end_reason=_clean(outcome.reason),
            recording_url=recording_url,
            transcript_url=transcript_url,
            speculation_cost=self._speculation.total,
            next_agents=tuple(self._collected.agents),
            data=dict(self._collected.values),
            tokens=self._tokens.as_object(),
            transfers=self._telephone.transfers,
            messages=self._telephone.messages,
            voicemail_url=self.voicemail.url,
        )
        return CallRecord(call, self._transcript.finish(end_ms), self._latencies.turns)


def event_row(n: int, event: Event) -> tuple[object, ...]:
    """Return an event as a row of the table `events`."""
    body = event_body(event)
    facts = "{}" if body is None else json.dumps(MessageToDict(body, preserving_proto_field_name=True))
    return (
        event.call_sid,
        n,
        event.id,
        "unknown" if body is None else event_name(body),
        event.stage,
        event.epoch,
        event.sequence,
        _timestamp(event.sent_at_us),
        _NUL.sub(r"\1", facts),
    )


def line_row(call_sid: str, n: int, line: Line) -> tuple[object, ...]:
    """Return a line as a row of the table `transcript`."""
    return (
        call_sid,
        n,
        line.speaker,
        _clean(line.text),
        line.start_ms,
        line.end_ms,
        line.turn,
        line.reply_id,
        line.interrupted,
        line.agent or None,
    )


def latency_row(call_sid: str, latency: TurnLatency) -> tuple[object, ...]:
    """Return a turn's latency as a row of the table `turn_latencies`."""
    return (
        call_sid,
        latency.turn,
        latency.reply_id,
        latency.decided_by,
        latency.speech_end_ms,
        latency.turn_ended_ms,
        latency.reply_started_ms,
        latency.llm_requested_ms,
        latency.first_token_ms,
        latency.first_clause_ms,
        latency.tts_requested_ms,
        latency.synthesis_started_ms,
        latency.playback_started_ms,
        latency.first_played_ms,
        latency.latency_ms,
        latency.overhead_ms,
    )


def as_json(record: CallRecord) -> str:
    """Return the transcript as JSON."""
    call = record.call
    turns = [
        {
            **asdict(t),
            "trace_id": f"{trace_id(call.call_sid, t.turn):032x}",
            "latency_ms": t.latency_ms,
            "overhead_ms": t.overhead_ms,
            "parts_ms": t.parts_ms,
        }
        for t in record.latencies
    ]
    facts = {
        "call_sid": call.call_sid,
        "trace_id": f"{trace_id(call.call_sid):032x}",
        "direction": call.direction,
        "agent": call.agent,
        "agents": [call.agent, *call.next_agents],
        "started_at": call.started_at.isoformat(),
        "duration_ms": call.duration_ms,
        "end_reason": call.end_reason,
        "data": as_objects(call.data),
        **outcomes(call),
        "recording_url": call.recording_url,
        "voicemail_url": call.voicemail_url,
        "lines": [asdict(line) for line in record.lines],
        "turns": turns,
    }
    return json.dumps(facts, indent=2, ensure_ascii=False) + "\n"


def outcomes(call: Call) -> dict[str, object]:
    """Return the call's tokens, transfers and messages as JSON values."""
    return {
        "tokens": call.tokens,
        "transfers": telephone_outcomes.as_objects(call.transfers),
        "text_messages": telephone_outcomes.as_objects(call.messages),
    }


def as_text(record: CallRecord) -> str:
    """Return the transcript as plain text."""
    call = record.call
    latencies = {
        t.reply_id: t.latency_ms for t in record.latencies if t.reply_id and t.latency_ms is not None
    }
    agents = " -> ".join((call.agent, *call.next_agents))
    head = f"{call.call_sid}  {call.started_at:%Y-%m-%d %H:%M:%S} UTC  agent {agents}\n\n"
    named = bool(call.next_agents)
    return head + "".join(
        _line_text(line, latencies.get(line.reply_id), named=named) for line in record.lines
    )


def _line_text(line: Line, latency_ms: int | None, *, named: bool) -> str:
    minutes, ms = divmod(line.start_ms, 60_000)
    after = f"  [after {latency_ms} ms]" if line.speaker == "agent" and latency_ms is not None else ""
    cut = "  [interrupted]" if line.interrupted else ""
    speaker = line.agent if named and line.agent else line.speaker
    return f"{minutes:02d}:{ms / 1000:06.3f}  {speaker:<6}  {line.text}{after}{cut}\n"


def _timestamp(wall_us: int) -> datetime:
    seconds, us = divmod(wall_us, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=us)


def _clean(text: str) -> str:
    return text.replace("\x00", "")
