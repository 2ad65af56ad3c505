"""Where words are in a reply's audio."""

import pytest

from services.brain.realtime.word_positions import SpeakingRate, WordPositions


def test_the_last_clause_ends_with_the_audio() -> None:
    """All clauses share the audio by their length."""
    positions = WordPositions("r1", SpeakingRate())
    positions.clause_added(0, "One two. ")
    positions.clause_added(1, "One two.")
    assert positions.audio_received(1000) == []
    first, second = [*positions.audio_received(16_000), *positions.finish()]
    assert (first.clause, first.start_sample, first.end_sample) == (0, 0, second.start_sample)
    assert second.end_sample == 16_000
    assert [word.text for word in second.words] == ["One", "two."]
    assert second.words[-1].end_ms == 2000


def test_a_clause_is_placed_by_the_speed_of_the_voice() -> None:
    """It is learned from complete replies, within limits."""
    rate = SpeakingRate()
    for _ in range(20):
        rate.observe(100, 5000)
    assert rate.ms_per_letter == pytest.approx(50, abs=1)
    rate.observe(100, 10**9)
    assert rate.ms_per_letter < 100
    positions = WordPositions("r1", SpeakingRate(), from_sample=800)
    positions.clause_added(3, "x" * 10)
    positions.clause_added(4, "y")
    [placed] = positions.audio_received(800 + 700 * 8)
    assert (placed.clause, placed.start_sample, placed.end_sample) == (3, 800, 800 + 700 * 8)


def test_without_audio_all_words_are_at_the_beginning() -> None:
    """And nothing is divided by zero."""
    positions = WordPositions("r1", SpeakingRate())
    positions.clause_added(0, " ")
    positions.clause_added(1, "a")
    assert [(clause.start_sample, clause.end_sample) for clause in positions.finish()] == [(0, 0), (0, 0)]
