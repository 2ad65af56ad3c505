"""Factories of a played conversation."""

from cli.testing.outcome import Outcome, PlayedConversation
from parley.events.envelope import Body
from parley.v1.call_pb2 import CallEnded, CallStarted
from parley.v1.playback_pb2 import BargeIn, PlaybackFinished, PlaybackStarted
from parley.v1.reply_pb2 import (
    REPLY_KIND_ANSWER,
    REPLY_KIND_GREETING,
    ReplyCancelled,
    ReplyClause,
    ReplyFinished,
    ReplyStarted,
    ToolCalled,
    ToolReturned,
)
from parley.v1.speech_pb2 import TurnEnded
from parley.v1.synthesis_pb2 import ClauseSynthesized
from parley.v1.work_pb2 import CallRecorded
from sandbox.caller.report import Report
from tests.event_factories import events_of

Timed = tuple[int, Body]


def report(**changes: object) -> Report:
    """A caller's report without speech."""
    empty = {
        "call_sid": "CA1",
        "outcome": "completed",
        "duration_ms": 0,
        "caller_speech": [],
        "agent_speech": [],
        "responses": [],
        "barge_ins": [],
        "timeouts": [],
        "warnings": [],
    }
    return Report.model_validate({**empty, **changes})


def reply(reply_id: str, turn: int, text: str, at_ms: int, *, interrupted: bool = False) -> list[Timed]:
    """A reply of one second that starts to play 500 ms after its text; its second half may be interrupted."""
    kind = REPLY_KIND_ANSWER if turn else REPLY_KIND_GREETING
    start_ms = at_ms + 500
    end: list[Timed] = [
        (start_ms + 1000, PlaybackFinished(reply_id=reply_id, played_samples=8000, at_ms=start_ms + 1000))
    ]
    if interrupted:
        end = [
            (start_ms + 500, BargeIn(reply_id=reply_id, played_samples=4000, at_ms=start_ms + 500)),
            (start_ms + 501, ReplyCancelled(reply_id=reply_id, reason="barge_in")),
        ]
    return [
        (at_ms, ReplyStarted(reply_id=reply_id, turn=turn, kind=kind)),
        (at_ms, ReplyClause(reply_id=reply_id, text=text)),
        (at_ms, ReplyFinished(reply_id=reply_id, clauses=1, reason="stop")),
        (start_ms, PlaybackStarted(reply_id=reply_id, at_ms=start_ms)),
        (start_ms, ClauseSynthesized(reply_id=reply_id, end_sample=8000)),
        *end,
    ]


def turn(number: int, text: str, at_ms: int) -> Timed:
    """A turn of the caller whose speech ended 200 ms earlier."""
    ended = TurnEnded(turn=number, text=text, speech_end_ms=at_ms - 200, audio_end_ms=at_ms)
    return at_ms, ended


def tool(call_id: str, name: str, arguments: str, result: str, at_ms: int, number: int = 1) -> list[Timed]:
    """A tool call and its result 300 ms later."""
    return [
        (
            at_ms,
            ToolCalled(
                tool_call_id=call_id,
                name=name,
                arguments=arguments,
                reply_id=f"r{number + 1}",
                turn=number,
            ),
        ),
        (at_ms + 300, ToolReturned(tool_call_id=call_id, result=result)),
    ]


BOOKING: tuple[Timed, ...] = (
    (0, CallStarted(from_number="+15550100001", to_number="+15550100000", agent="clinic")),
    *reply("r1", 0, "Hello, this is the clinic.", 100),
    turn(1, "I need a visit on Tuesday.", 4000),
    *tool("t1", "book_appointment", '{"day": "Tuesday", "hour": 10}', '{"booked": true}', 4100),
    *reply("r2", 1, "Tuesday at ten is booked.", 4500),
    turn(2, "Thank you, goodbye.", 8000),
    *tool("t2", "end_call", "{}", "{}", 8100, 2),
    *reply("r3", 2, "Goodbye, and have a nice day.", 8200, interrupted=True),
    (12_000, CallEnded(reason="agent", duration_ms=12_000)),
    (12_500, CallRecorded(recording_url="file:///tmp/CA1.wav", duration_ms=12_000)),
)
"""A call with two turns, two tools and an interrupted goodbye."""


def outcome(*timed: Timed, **changes: object) -> Outcome:
    """The outcome of a call with these events; by default `BOOKING`."""
    return Outcome(PlayedConversation("CA1", report(**changes), tuple(events_of(*(timed or BOOKING)))))
