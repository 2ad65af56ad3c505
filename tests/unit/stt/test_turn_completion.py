"""Which words ask for patience."""

import pytest

from parley.agent_config import SttConfig
from services.stt.turn_completion import TurnCompletion, assess_completion

HEARING = SttConfig()
HELP = "How can I help you today?"


@pytest.mark.parametrize(
    "text",
    [
        "my number is",
        "I would like to",
        "I'd like an appointment with the",
        "I need it because",
        "um",
        "Yes, and, uh",
        "on Monday,",
        "my number is five five",
        "It's 0171 555",
        "double seven four",
    ],
)
def test_a_caller_who_goes_on_is_waited_for(text: str) -> None:
    """Phrases that lack their end, hesitations, a number in hand."""
    assert assess_completion(text, HELP, HEARING) == TurnCompletion(
        HEARING.incomplete_turn_silence_ms, incomplete=True
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "yes it is",
        "that's what I want.",
        "Friday at ten",
        "a table for two",
        "at 10:30",
        "my number is five five five one two three four five six seven",
        "+49 (171) 555-0100",
    ],
)
def test_a_caller_who_has_finished_is_not(text: str) -> None:
    """The provider's word is enough."""
    assert assess_completion(text, HELP, HEARING) == TurnCompletion()


@pytest.mark.parametrize("asked", ["What happened?", "Please tell me your phone number.", "Why?"])
def test_a_question_that_wants_a_long_answer_gives_it_time(asked: str) -> None:
    """The agent's own silence must pass."""
    assert assess_completion("well I fell", asked, HEARING) == TurnCompletion(HEARING.turn_silence_ms)


@pytest.mark.parametrize(
    ("language", "text"),
    [("de", "ich möchte einen Termin mit"), ("fr-CA", "mon nom est"), ("es", "mi número es")],
)
def test_other_languages_have_unfinished_phrases_too(language: str, text: str) -> None:
    """By the agent file's language."""
    assert assess_completion(text, "", SttConfig(language=language)).incomplete


def test_a_language_that_is_not_known_goes_by_punctuation() -> None:
    """A comma is a comma."""
    polish = SttConfig(language="pl")

    assert assess_completion("dzień dobry,", "", polish).incomplete
    assert not assess_completion("dzień dobry", "", polish).incomplete
