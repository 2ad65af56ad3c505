"""Tests for matching words against phrases."""

from services.brain.phrases.matching import contains, ends_of, reachable

PHRASES = frozenset({("yes",), ("i", "see")})


def test_phrases_are_found_at_a_position() -> None:
    """A phrase may have several words."""
    assert list(ends_of(("i", "see"), 0, PHRASES)) == [2]
    assert list(ends_of(("i", "see"), 1, PHRASES)) == []


def test_one_word_may_be_drawn_out() -> None:
    """The recogniser repeats the letter."""
    assert contains(PHRASES, ("yessss",))
    assert not contains(PHRASES, ("ye",))


def test_repeated_steps_reach_positions() -> None:
    """Each position is tried once, so that no text costs much."""
    words = ("yes",) * 20

    assert reachable(0, lambda start: ends_of(words, start, PHRASES)) == set(range(21))
