"""Tests of the word-by-word comparison of texts."""

from cli.wer import Match, SpokenWord, match_texts, match_words, normalize


def test_case_and_punctuation_do_not_count() -> None:
    """Apostrophes do count."""
    assert normalize("Don't, PLEASE - wait!") == ["don't", "please", "wait"]


def test_words_are_found_in_the_same_order() -> None:
    """Additional words between them are allowed."""
    assert match_texts("a table for two", "a nice table, for two people") == Match(4, 4)
    assert match_texts("a table for two", "two for a table").found == 2


def test_the_fraction_is_one_without_expected_words() -> None:
    """An empty expectation is fully met."""
    assert match_texts("", "anything").fraction == 1
    assert match_texts("one two", "one").fraction == 0.5


def test_found_words_have_offsets_in_time() -> None:
    """The median ignores a single large offset."""
    expected = [
        SpokenWord(text, start_ms, start_ms + 10) for text, start_ms in [("A", 0), ("b", 100), ("c", 200)]
    ]
    found = [
        SpokenWord(text, start_ms, start_ms + 10) for text, start_ms in [("a", 5), ("b", 110), ("c.", 900)]
    ]
    match = match_words(expected, found)
    assert match.offsets_ms == (5, 10, 700)


def test_figures_match_the_words_that_are_spoken() -> None:
    """Providers write numbers in figures."""
    words = " ".join(normalize("It is 555-1234 at 10, or 25 or 30."))

    assert words == "it is five five five one two three four at ten or twenty five or thirty"
    assert match_texts("my number is eight five one two", "My number is 8512.").fraction == 1
