"""How complete the words of a turn are."""

import pytest

from parley.agent_config import SttConfig
from services.stt.turn_completion import TurnCompletion, assess_completion

CONFIG = SttConfig()
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
        "My number is.",
        "I would like to.",
        "Um.",
        "8512.",
    ],
)
def test_words_that_need_a_continuation_are_incomplete(text: str) -> None:
    """Examples are unfinished phrases, hesitations and partial numbers."""
    assert assess_completion(text, HELP, CONFIG) == TurnCompletion(
        CONFIG.incomplete_turn_silence_ms, incomplete=True
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "yes it is",
        "Yes, it is.",
        "What is it for?",
        "that's what I want.",
        "Friday at ten",
        "a table for two",
        "at 10:30",
        "my number is five five five one two three four five six seven",
        "+49 (171) 555-0100",
    ],
)
def test_complete_words_need_no_silence(text: str) -> None:
    """The provider's signal suffices."""
    assert assess_completion(text, HELP, CONFIG) == TurnCompletion()


@pytest.mark.parametrize("agent_text", ["What happened?", "Please tell me your phone number.", "Why?"])
def test_an_open_question_requires_silence_after_the_answer(agent_text: str) -> None:
    """The answer may be long, so the turn does not end before `turn_silence_ms`."""
    assert assess_completion("well I fell", agent_text, CONFIG) == TurnCompletion(CONFIG.turn_silence_ms)


@pytest.mark.parametrize(
    ("language", "text"),
    [("de", "ich möchte einen Termin mit"), ("fr-CA", "mon nom est"), ("es", "mi número es")],
)
def test_incomplete_phrases_of_other_languages_are_recognised(language: str, text: str) -> None:
    """The language is set by the agent file."""
    assert assess_completion(text, "", SttConfig(language=language)).incomplete


def test_a_language_without_word_lists_is_assessed_by_punctuation() -> None:
    """A comma does not end a sentence."""
    polish = SttConfig(language="pl")

    assert assess_completion("dzień dobry,", "", polish).incomplete
    assert not assess_completion("dzień dobry", "", polish).incomplete
