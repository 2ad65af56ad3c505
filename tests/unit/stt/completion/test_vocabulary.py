"""The vocabularies of all languages."""

import re

import pytest

from services.stt.completion.vocabulary import LANGUAGES, load_vocabulary

PATTERNS = ("open_endings", "closed_endings", "non_answers", "request_forms", "count", "open_question")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_all_numbers_below_a_hundred(language: str) -> None:
    """Telephone numbers are dictated in pairs."""
    digits = set(load_vocabulary(language).numbers.values())

    assert digits == {str(number) for number in range(100)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_all_patterns_and_kinds(language: str) -> None:
    """A language without a pattern would differ from the others without a reason."""
    vocabulary = load_vocabulary(language)

    assert all(getattr(vocabulary, name).pattern != r"(?!)" for name in PATTERNS)
    assert list(vocabulary.kinds) == list(load_vocabulary("en").kinds)
    assert vocabulary.hesitations
    assert vocabulary.open_words
    assert vocabulary.acknowledgements
    assert vocabulary.negations
    assert {"@", "."} <= set(vocabulary.symbols.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_pattern_matches_an_empty_text(language: str) -> None:
    """An empty alternative would match everything."""
    vocabulary = load_vocabulary(language)
    patterns: list[re.Pattern[str]] = [getattr(vocabulary, name) for name in PATTERNS]

    assert not [pattern for pattern in [*patterns, *vocabulary.kinds.values()] if pattern.search("xyzzy")]


def test_a_language_without_a_file_has_no_words() -> None:
    """Punctuation and figures still count."""
    polish = load_vocabulary("pl")

    assert not polish.open_words
    assert polish.open_endings.search("anything") is None
