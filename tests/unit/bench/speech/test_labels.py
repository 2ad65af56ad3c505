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


def hiss(ms: int, dbfs: float) -> Wave:
    """Noise at high frequencies, as in "s"."""
    noise = np.diff(np.random.default_rng(2).normal(size=ms * MS + 1))
    return np.asarray(noise * 10 ** (dbfs / 20) / noise.std())


def vowel(ms: int) -> Wave:
    """A low tone of -20 dBFS."""
    return np.asarray(np.sin(np.arange(ms * MS) * 0.15) * 0.1 * 2**0.5)


def test_a_final_fricative_is_part_of_the_word() -> None:
    """Even if it is more than 40 dB below the vowel, because its energy is at high frequencies."""
    gap = np.zeros(300 * MS)
    (word,) = words(np.concatenate([gap, vowel(200), hiss(150, -62), gap]))
    assert word.end_ms == pytest.approx(650, abs=10)
    (word,) = words(np.concatenate([gap, vowel(200), vowel(150) * 10 ** (-42 / 20), gap]))
    assert word.end_ms == pytest.approx(500, abs=10)


def test_a_weak_release_after_a_closure_is_part_of_the_word() -> None:
    """As in a final "t"; after a longer pause it is breath."""
    gap = np.zeros(300 * MS)
    (word,) = words(np.concatenate([gap, vowel(200), np.zeros(80 * MS), hiss(40, -55), gap]))
    assert word.end_ms == pytest.approx(620, abs=10)
    (word,) = words(np.concatenate([gap, vowel(200), np.zeros(150 * MS), hiss(40, -55), gap]))
    assert word.end_ms == pytest.approx(500, abs=10)


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
