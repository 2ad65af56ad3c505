"""Expectations of words that hold, and that do not."""

import pytest

from cli.testing.expectations import speech
from cli.testing.expectations.values import Check
from tests.unit.cli.testing.call_events import outcome


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (speech.caller_turns(["i need a visit on tuesday", "thank you goodbye"]), ""),
        (speech.caller_turns(["goodbye"]), "expected the caller's turns"),
        (speech.agent_texts(["the CLINIC", "ten is  booked"]), ""),
        (speech.agent_texts(["is booked", "the clinic"]), "no reply contains 'the clinic' in this position"),
        (speech.no_agent_texts("not available"), ""),
        (speech.no_agent_texts(["IS BOOKED"]), "a reply contains 'IS BOOKED'"),
        (speech.agent_patterns([r"tuesday at \w+", "^goodbye"]), ""),
        (speech.agent_patterns(r"monday|friday"), "no reply matches"),
        (speech.no_agent_patterns(r"\bsorry\b"), ""),
        (speech.no_agent_patterns("booked.$"), "a reply matches"),
        (speech.played(["Goodbye, and"]), ""),
        (speech.played(["nice day"]), "not played"),
        (speech.not_played(["nice day"]), ""),
        (speech.not_played(["Tuesday"]), "played: ['Tuesday']"),
        (speech.history_matches(True), ""),
    ],
)
def test_an_expectation_of_words(check: Check, message: str) -> None:
    got = check(outcome())

    assert message in got
    assert bool(got) == bool(message)


def test_decoded_audio_counts_more_than_the_log() -> None:
    """The audio has what the caller really got."""
    spoken = [{"start_ms": 0, "end_ms": 900, "text": "Hel lo."}]

    assert not speech.played("Hello.")(outcome(agent_speech=spoken))
    assert speech.played("Tuesday")(outcome(agent_speech=spoken))
