"""Facts about a call, from its events."""

from parley.v1.call_pb2 import CallStarted
from parley.v1.speech_pb2 import TranscriptUpdated, TurnEnded
from tests.unit.cli.testing.call_events import outcome, reply


def test_the_facts_of_a_call() -> None:
    facts = outcome()

    assert facts.turns == ["I need a visit on Tuesday.", "Thank you, goodbye."]
    assert [r.text for r in facts.replies][1] == "Tuesday at ten is booked."
    assert facts.latencies_ms == [1200, 900]
    assert (facts.ended_by, facts.duration_ms) == ("agent", 12_000)
    assert facts.interruptions == 1
    assert facts.recording_url == "file:///tmp/CA1.wav"
    assert facts.lines[-1].text == "Goodbye, and have"


def test_a_tool_call_has_its_result_and_times() -> None:
    first, last = outcome().tools

    assert (first.name, first.arguments) == ("book_appointment", {"day": "Tuesday", "hour": 10})
    assert (first.result, first.returned_ms, first.turn) == ({"booked": True}, 4400, 1)
    assert last.name == "end_call"


def test_old_replies_of_a_long_call_are_not_lost() -> None:
    """The state of a conversation has only the recent ones."""
    timed = [event for n in range(120) for event in reply(f"r{n + 1}", 0, f"Reply {n}.", n * 2000)]

    assert len(outcome((0, CallStarted()), *timed).replies) == 120


def test_a_call_without_an_end_lasts_until_its_last_event() -> None:
    assert outcome((0, CallStarted()), *reply("r1", 0, "Hello.", 100)).duration_ms == 1600


def test_words_that_follow_the_end_of_a_turn() -> None:
    """In mode `realtime` they are transcribed later."""
    ended = TurnEnded(turn=1, transcript_pending=True)
    late = TranscriptUpdated(turn=1, text="Hello.", final=True)
    assert outcome((0, CallStarted()), (1000, ended), (1500, late)).turns == ["Hello."]
