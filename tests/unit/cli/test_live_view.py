"""The live display of a call, line by line."""

from cli.live_view import LiveView
from parley.events.envelope import Body
from parley.v1.call_pb2 import CallEnded, CallStarted
from parley.v1.playback_pb2 import PlaybackStarted
from parley.v1.reply_pb2 import ReplyClause, ReplyFinished, ReplyStarted
from parley.v1.speech_pb2 import TranscriptUpdated, TurnEnded
from parley.v1.synthesis_pb2 import SynthesisStarted
from parley.v1.telephony_pb2 import (
    TRANSFER_KIND_WARM,
    MessageSent,
    TransferFinished,
    TransferRequested,
    TransferTarget,
)
from tests.event_factories import events_of


def show(*timed: tuple[int, Body]) -> list[str]:
    live = LiveView()
    lines: list[str] = []
    for event in events_of(*timed):
        lines += [line.plain.strip() for line in live.lines(event)]
    return lines


def test_a_turn_shows_both_sides_and_where_the_time_went() -> None:
    """The stages' shares add up to the whole latency."""
    lines = show(
        (0, CallStarted()),
        (2250, TurnEnded(turn=1, text="hello", speech_end_ms=2000)),
        (2251, ReplyStarted(reply_id="r1", turn=1)),
        (2601, ReplyClause(reply_id="r1", clause=0, text="Hi.")),
        (2602, ReplyFinished(reply_id="r1", clauses=1)),
        (2731, SynthesisStarted(reply_id="r1")),
        (2735, PlaybackStarted(reply_id="r1", at_ms=2735)),
        (9000, CallEnded(reason="agent", duration_ms=9000)),
    )

    assert lines == [
        "0:00.0          call CA1",
        "0:02.0  caller  hello",
        "0:02.7  agent   Hi.",
        "735 ms = endpointing 250 + llm_ttft 351 + first_clause 0 + tts_ttfb 130 + playout 4",
        "0:09.0          call ended (agent) after 9.0 s",
    ]


def test_transfers_and_messages_are_shown_with_their_outcome() -> None:
    """A destination has its name, or its number if the model chose it."""
    lines = show(
        (0, CallStarted()),
        (1000, TransferRequested(kind=TRANSFER_KIND_WARM, targets=[TransferTarget(name="sales")])),
        (2000, TransferFinished(outcome="declined", target="sales", address="+15550001")),
        (3000, TransferFinished(outcome="failed", address="+15550001", reason="Twilio has refused it")),
        (4000, MessageSent()),
        (5000, MessageSent(failed=True, reason="not a mobile number")),
    )

    assert [line.split(maxsplit=1)[1] for line in lines[1:]] == [
        "warm transfer to sales",
        "transfer to sales: declined",
        "transfer to +15550001: failed (Twilio has refused it)",
        "text message sent",
        "text message not sent (not a mobile number)",
    ]


def test_a_turn_is_shown_when_its_words_are_transcribed() -> None:
    """In mode `realtime` it may end before."""
    lines = show(
        (0, CallStarted()),
        (1000, TurnEnded(turn=1, speech_end_ms=900, transcript_pending=True)),
        (1100, TranscriptUpdated(turn=1, text="Hel")),
        (1200, TranscriptUpdated(turn=1, text="Hello.", final=True)),
        (1300, TranscriptUpdated(turn=1, text="Hello.", final=True)),
    )

    assert [line.split(maxsplit=1)[1].split() for line in lines[1:]] == [["caller", "Hello."]]
