"""Tests for the role of what the caller says while the agent speaks."""

from dataclasses import replace

import pytest

from parley.audio.playout_position import PlayoutPosition
from services.brain.phrases.phrase_lists import phrases_for
from services.brain.reply import Reply, SynthesizedClause
from services.brain.turn_roles import role_of, takes_turn

WORD = 2000
"""Samples of each word of the agent."""


def spoken(text: str, played_words: int) -> Reply:
    """A reply with one clause of which some words were played."""
    words = tuple((word, (n + 1) * WORD) for n, word in enumerate(text.split()))
    clause = SynthesizedClause(len(words) * WORD, words)
    reply = Reply("r1", 0, clauses=(text,), finished="stop", synthesized=(clause,), audible=True)
    return reply_at(reply, played_words * WORD)


def reply_at(reply: Reply, samples: int) -> Reply:
    return replace(reply, position=PlayoutPosition(samples))


QUESTION = "We are open all week. Would you like to come on Tuesday at ten or at eleven?"
EXPLANATION = "We are open from eight to six on every day of the week but for Sunday of course."
ASIDE = "Shall I book it? There is no fee for the first visit, and you may bring somebody along."


@pytest.mark.parametrize(
    ("language", "text", "agent", "played", "expected"),
    [
        ("en", "Sure.", QUESTION, 11, "early_answer"),
        ("en", "Okay", QUESTION, 12, "early_answer"),
        (
            "de",
            "Genau.",
            "Also am Dienstag um zehn Uhr im zweiten Stock, ist das richtig so?",
            8,
            "early_answer",
        ),
        ("es", "Claro.", "¿Quiere que le reserve una cita para el martes a las diez?", 7, "early_answer"),
        ("en", "Yes.", QUESTION, 3, "backchannel"),
        ("en", "Yes.", EXPLANATION, 8, "backchannel"),
        ("en", "Mhmm", EXPLANATION, 8, "backchannel"),
        ("en", "okay", EXPLANATION, 15, "turn"),
        ("en", "Yes.", ASIDE, 7, "turn"),
        ("en", "I see.", ASIDE, 7, "backchannel"),
        ("en", "Yes, Tuesday", QUESTION, 11, "turn"),
        ("en", "no", QUESTION, 11, "turn"),
        ("en", "hold on a second", QUESTION, 11, "hold"),
        ("en", "hold on, that's wrong", QUESTION, 11, "turn"),
    ],
)
def test_the_role_depends_on_the_words_of_the_agent(
    language: str, text: str, agent: str, played: int, expected: str
) -> None:
    """A question that was mostly played can be answered; an explanation can only be listened to."""
    replies, phrases = [spoken(agent, played)], phrases_for(language)

    assert role_of(text, replies, phrases)[0] == expected
    # While its turn is unfinished, an "okay" within the last second interrupts nothing.
    nearly_played = replies[0].remaining_ms <= 1000
    assert takes_turn(text, replies, phrases) is (expected in ("turn", "hold") and not nearly_played)


def test_everything_is_a_turn_while_the_agent_is_silent() -> None:
    """Except a request to wait."""
    assert role_of("mhm", [], phrases_for("en")) == ("turn", "")
    assert role_of("one moment", [], phrases_for("en")) == ("hold", "")


def test_no_words_take_no_turn() -> None:
    """They may have been withdrawn."""
    assert not takes_turn("", [spoken(EXPLANATION, 3)], phrases_for("en"))
