"""Where the words of a recording are, judged by its level."""

import numpy as np
import pytest

from bench.speech.labels import Span, Wave, levels, with_speech_level, words

MS = 8


def tone(ms: int, dbfs: float) -> Wave:
    """A tone of a level."""
    return np.asarray(np.sin(np.arange(ms * MS) * 0.9) * 10 ** (dbfs / 20) * 2**0.5)


def test_weak_consonants_belong_to_a_word_and_breath_does_not() -> None:
    """A consonant 35 dB below the vowel is part of the word; the same level alone is breath."""
    gap = np.zeros(300 * MS)
    wave = np.concatenate([gap, tone(100, -55), tone(200, -20), gap, tone(200, -55), gap])
    (word,) = words(wave)
    assert word.start_ms == pytest.approx(300, abs=10)
    assert word.end_ms == pytest.approx(600, abs=10)


def test_short_pauses_do_not_divide_words() -> None:
    """Pauses of 100 ms and more do."""
    parts = [tone(200, -20), np.zeros(60 * MS), tone(200, -20), np.zeros(150 * MS), tone(200, -20)]
    assert len(words(np.concatenate(parts))) == 2
    assert words(np.zeros(8000)) == []
    assert Span(1, 2).shifted(3) == Span(4, 5)


def test_levels_are_those_of_the_speech_without_its_pauses() -> None:
    """Silence does not count."""
    wave = with_speech_level(np.concatenate([tone(500, -20), np.zeros(8000)]), -30)
    assert levels(wave).max() == pytest.approx(-30, abs=0.5)
