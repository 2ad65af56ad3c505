"""The vocabularies that a text is judged by."""

import pytest

from services.stt.completion.language import TextLanguages


@pytest.mark.parametrize(
    ("tag", "language"), [("en-US", "en"), ("pt-BR", "pt"), ("de", "de"), ("hi-Latn", "hi"), ("ES_mx", "es")]
)
def test_a_tag_chooses_its_language(tag: str, language: str) -> None:
    """The region does not matter for words."""
    assert [vocabulary.language for vocabulary in TextLanguages(tag).of("hello")] == [language]


@pytest.mark.parametrize(
    ("text", "agent_text", "expected"),
    [
        ("yes I would like to come with my son", "", "en"),
        ("ich möchte einen Termin", "", "de"),
        ("मेरा नंबर", "", "hi"),
        ("mera number", "", "hi"),
        ("555", "¿Cuál es su número?", "es"),
        ("cuatro dos cuatro dos", "", "es"),
        ("max Unterstrich mustermann at web Punkt de", "", "de"),
        ("D E neunundachtzig", "Wie lautet Ihre IBAN?", "de"),
        ("nine oh two one oh", "What is your ZIP code?", "en"),
    ],
)
def test_a_multilingual_agent_follows_the_words(text: str, agent_text: str, expected: str) -> None:
    """A text without words of a language is judged by the agent's."""
    assert [vocabulary.language for vocabulary in TextLanguages("multi").of(text, agent_text)] == [expected]


def test_a_text_that_shows_no_language_is_judged_by_all() -> None:
    """There is nothing else to go by."""
    assert len(TextLanguages("multi").of("555", "")) == 6
