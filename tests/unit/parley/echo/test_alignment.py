"""Tests for finding played words in a transcript."""

from parley.echo.agent_speech import PlayedWord
from parley.echo.alignment import TranscribedWord, best_match, extent

PLAYED = [
    PlayedWord(text, n * 300, (n + 1) * 300, False)
    for n, text in enumerate("how can i help you today".split())  # noqa: SIM905 - reads better
]


def transcribed(text: str, at_ms: int) -> list[TranscribedWord]:
    return [
        TranscribedWord(word, at_ms + n * 300, at_ms + (n + 1) * 300) for n, word in enumerate(text.split())
    ]


def test_the_best_stretch_is_found() -> None:
    """Words before and after it do not belong to it."""
    words = transcribed("um how can i helped you today i need", 200)
    match = best_match(words, PLAYED)

    assert match is not None
    assert (match.first, match.last, match.delay_ms(words)) == (1, 6, 500)


def test_words_at_another_time_do_not_match() -> None:
    """An echo returns soon."""
    assert best_match(transcribed("how can i help you", 5000), PLAYED) is None


def test_misspelled_words_at_the_edges_belong_to_the_echo() -> None:
    """At the expected time, or written as two words."""
    words = transcribed("oh can i help you to day", 200)
    match = best_match(words, PLAYED)

    assert match is not None
    assert extent(match, words, PLAYED) == (0, 7)


def test_a_match_that_other_words_follow_does_not_stand_alone() -> None:
    """A pause separates utterances."""
    words = [*transcribed("help", 1000), *transcribed("yes", 1350), *transcribed("today", 2000)]
    match = best_match(words[:2], PLAYED)

    assert match is not None
    assert (match.first, match.equal_words(words), match.is_certain) == (0, 1, False)
    assert match.begins_before_end(words)
    assert not match.stands_alone(words)
    assert match.is_at_edge(words)
    match = best_match(words[2:], PLAYED)
    assert match is not None
    assert match.stands_alone(words[2:])
