"""The record of a call as database rows, JSON and text."""

import json
from base64 import b64decode
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from parley.telemetry.trace_context import trace_id
from parley.v1.call_pb2 import DIRECTION_OUTBOUND, CallEnded, CallStarted, DtmfPressed
from parley.v1.event_pb2 import Event
from parley.v1.handoff_pb2 import AgentChanged
from parley.v1.playback_pb2 import PlaybackFinished, PlaybackStarted
from parley.v1.reply_pb2 import ReplyClause, ReplyStarted
from parley.v1.speech_pb2 import SpeechStarted, TurnEnded
from services.recorder import call_record
from services.recorder.call_record import CallRecord, RecordBuilder
from tests.event_factories import START_US, events_of

EVENTS = events_of(
    (
        0,
        CallStarted(direction=DIRECTION_OUTBOUND, from_number="+1555", to_number="+1666", agent="clinic"),
    ),
    (2000, SpeechStarted(at_ms=1500)),
    (3000, TurnEnded(turn=1, text="Hi", speech_end_ms=2500)),
    (3010, ReplyStarted(reply_id="r1", turn=1)),
    (3020, ReplyClause(reply_id="r1", clause=0, text="Good day.")),
    (3100, PlaybackStarted(reply_id="r1", at_ms=3200)),
    (4200, PlaybackFinished(reply_id="r1", played_samples=8000, at_ms=4200)),
    (62_000, CallEnded(reason="hangup")),
)


def record_of(events: Iterable[Event], recording_url: str = "") -> CallRecord:
    """Return the record of a call."""
    builder = RecordBuilder(EVENTS[0])
    for event in events:
        builder.add(event)
    return builder.build(recording_url, "")


def test_a_record_contains_the_facts_of_the_call() -> None:
    """Times are UTC; a duration that `call.ended` does not state is computed from the log."""
    call = record_of(EVENTS, "file:///x.wav").call

    assert (call.direction, call.from_number, call.to_number, call.agent) == (
        "outbound",
        "+1555",
        "+1666",
        "clinic",
    )
    assert call.started_at == datetime.fromtimestamp(START_US / 1e6, UTC)
    assert (call.duration_ms, call.end_reason) == (62_000, "hangup")


def test_the_recording_is_named_by_day_and_call() -> None:
    """The day is that of the call's start, in UTC."""
    assert call_record.recording_name(EVENTS[0]) == "2025-11-21/CA1"


def test_the_text_has_a_line_per_turn_and_reply() -> None:
    """A line has a time, a speaker, a text and the time for which the caller waited."""
    text = call_record.as_text(record_of(EVENTS))

    assert text.splitlines()[2:] == [
        "00:01.500  caller  Hi",
        "00:03.200  agent   Good day.  [after 700 ms]",
    ]


def test_each_line_names_the_agent_that_spoke() -> None:
    """The reply that announces a hand-off is of the first agent; the text has the names then."""
    events = events_of(
        (0, CallStarted(agent="clinic")),
        (10, ReplyStarted(reply_id="r1")),
        (20, ReplyClause(reply_id="r1", clause=0, text="One moment.")),
        (30, AgentChanged(agent="sales", from_agent="clinic", reply_id="r1")),
        (40, PlaybackStarted(reply_id="r1", at_ms=40)),
        (900, PlaybackFinished(reply_id="r1", played_samples=6880, at_ms=900)),
        (910, ReplyStarted(reply_id="r2")),
        (920, ReplyClause(reply_id="r2", clause=0, text="Sales, hello.")),
        (930, PlaybackStarted(reply_id="r2", at_ms=930)),
        (1900, PlaybackFinished(reply_id="r2", played_samples=7760, at_ms=1900)),
        (3000, CallEnded(reason="hangup")),
    )
    record = record_of(events)

    assert [line.agent for line in record.lines] == ["clinic", "sales"]
    assert [call_record.line_row("CA1", 1, line)[-1] for line in record.lines] == ["clinic", "sales"]
    text = call_record.as_text(record)
    assert "agent clinic -> sales\n" in text
    assert "clinic  One moment." in text
    assert "sales   Sales, hello." in text


def test_the_json_has_no_telephone_numbers() -> None:
    """It contains the transcript's lines and the latency of each turn."""
    text = call_record.as_json(record_of(EVENTS, "file:///x.wav"))
    facts = json.loads(text)

    assert [line["text"] for line in facts["lines"]] == ["Hi", "Good day."]
    assert facts["turns"][0]["latency_ms"] == 700
    assert facts["turns"][0]["trace_id"] == f"{trace_id(facts['call_sid'], 1):032x}"
    assert facts["recording_url"] == "file:///x.wav"
    assert "+1555" not in text


def test_a_nul_character_is_removed() -> None:
    """Postgres does not accept it. Text that only looks like an escaped NUL is kept."""
    [event, other] = events_of((0, DtmfPressed(digit="1\x00")), (1, DtmfPressed(digit="\\u0000")))

    assert json.loads(str(call_record.event_row(1, event)[-1])) == {"digit": "1"}
    assert json.loads(str(call_record.event_row(2, other)[-1])) == {"digit": "\\u0000"}


def test_an_event_of_a_later_version_is_stored_by_its_envelope() -> None:
    """An unknown body does not prevent the call from being stored."""
    row = call_record.event_row(1, Event(id="x-1-1", call_sid="CA1", stage="x", epoch=1, sequence=1))

    assert (row[2], row[3], row[-1]) == ("x-1-1", "unknown", "{}")


@pytest.mark.parametrize("name", ["interrupted", "questions"])
def test_the_record_of_a_real_call_stays_the_same(name: str) -> None:
    """Calls with the emulated providers; the files were written from all events of the call at once."""
    folder = Path(__file__).parent / "real_calls"
    lines = (folder / f"{name}.log").read_text("utf-8").splitlines()
    events = [Event.FromString(b64decode(line)) for line in lines]
    builder = RecordBuilder(next(event for event in events if event.HasField("call_started")))
    for event in events:
        builder.add(event)
    record = builder.build("file:///recording.wav", "file:///transcript.json")

    assert call_record.as_json(record) == (folder / f"{name}.json").read_text("utf-8")
    assert call_record.as_text(record) == (folder / f"{name}.txt").read_text("utf-8")
