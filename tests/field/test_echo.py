"""Row T5: the agent's own words come back from a speakerphone."""

import pytest

from parley.echo.agent_speech import AgentSpeech
from parley.echo.echo_filter import EchoFilter
from parley.v1.synthesis_pb2 import ClauseSynthesized
from tests.field.rows import Seen, row
from tests.unit.parley.echo.spoken import WORD_MS, played, words_at

GREETING = "Welcome to the clinic. How can I help you today?"


def left_of(agent: str, text: str, at_ms: int) -> str:
    """Return what is left of a transcript that begins at a call time; the agent speaks from 1 s on."""
    speech = AgentSpeech()
    for body in played(agent, at_ms=1000):
        speech.apply(body)
    words = tuple(words_at(text, at_ms))
    return EchoFilter(speech).filter(text, words, words[-1].end_ms, final=True).text


@row("T5", "the agent's words, 100 to 1500 ms later", "dropped; the caller's words are remaining")
@pytest.mark.parametrize("delay_ms", [100, 400, 900, 1500])
@pytest.mark.parametrize(
    ("text", "remaining"),
    [
        (GREETING, ""),
        ("welcome to the clinic how can I help", ""),
        ("Welcome to a clinic. How could I helped you today?", ""),
        ("How can I help you today I need an appointment", "I need an appointment"),
        ("Welcome to the clinic. How can I help you today? Yes.", "Yes."),
    ],
)
def test_an_echo_is_dropped(text: str, remaining: str, delay_ms: int, seen: Seen) -> None:
    """With the recogniser's mistakes."""
    first = 4 if text.startswith("How") else 0
    left = left_of(GREETING, text, 1000 + first * WORD_MS + delay_ms)

    seen(left or "nothing")
    assert left == remaining


@row("T5", "an echo of a clause whose last audio has not arrived", "dropped")
@pytest.mark.parametrize("text", ["Welcome.", "Welcome to the"])
@pytest.mark.parametrize("delay_ms", [100, 300])
def test_an_echo_may_precede_the_word_timings(text: str, delay_ms: int, seen: Seen) -> None:
    """The agent was paused by its own first word."""
    speech = AgentSpeech()
    for body in played(GREETING, at_ms=1000, played_ms=900):
        if not isinstance(body, ClauseSynthesized):
            speech.apply(body)
    words = tuple(words_at(text, 1000 + delay_ms))
    left = EchoFilter(speech).filter(text, words, words[-1].end_ms, final=True).text

    seen(left or "nothing")
    assert not left


@row("T5", "a caller who repeats the agent's words as an answer", "remaining")
@pytest.mark.parametrize("after_ms", [200, 600, 1200])
@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Would you like Tuesday or Wednesday?", "Wednesday."),
        ("Did you say five?", "Five."),
        ("Is that at half past two?", "Half past two."),
    ],
)
def test_a_repeated_word_is_the_callers(question: str, answer: str, after_ms: int, seen: Seen) -> None:
    """The caller begins after the agent has finished."""
    left = left_of(question, answer, 1000 + len(question.split()) * WORD_MS + after_ms)

    seen(left)
    assert left == answer
