"""The words of a turn, as the provider hears and corrects them."""

from parley.providers.stt import Word
from services.stt.transcript import Transcript

WORD = Word("hello", 100, 400, 0.9)


def test_what_is_final_stays_and_the_guess_changes() -> None:
    """Guesses replace one another."""
    known = Transcript().with_final("hello", [WORD], 500).with_interim("word").with_interim("world")

    assert known.text == "hello world"
    assert known.with_final("world", [], 900).text == "hello world"


def test_a_provider_may_rewrite_the_whole_turn() -> None:
    """As Flux does."""
    known = Transcript().replace_turn("hell", [], 100).replace_turn("hello there", [WORD], 900)

    assert (known.text, known.words, known.end_ms) == ("hello there", (WORD,), 900)
    assert known.final_end_ms == 0
    assert known.finalize().final_end_ms == 900


def test_the_next_turn_begins_empty_where_this_one_ended() -> None:
    """Sound that was accounted for is not heard again."""
    following = Transcript(turn=3).with_final("hello", [WORD], 500).next_turn()

    assert following == Transcript(turn=4, final_end_ms=500, closed_until_ms=500)


def test_the_last_word_on_a_turn_that_is_over_says_nothing_new() -> None:
    """It ended on a guess, which had these words."""
    following = Transcript().with_interim("hello", [WORD], 500).next_turn()

    assert following.with_final("hello", [WORD], 500).text == ""
    late = Word("again", 600, 900, 0.9)
    assert following.with_final("hello again", [WORD, late], 1000).text == "again"
