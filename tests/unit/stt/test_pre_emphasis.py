"""The level with pre-emphasis, and the vowel after a fricative."""

import numpy as np
import pytest

from parley.audio.g711 import SILENCE
from sandbox.pcm import to_mulaw
from services.stt.audio_level import AudioLevel
from services.stt.pre_emphasis import PreEmphasis

FRAME = 160


def frames(samples: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]") -> list[bytes]:
    """Samples between -1 and 1 as frames of mu-law audio."""
    mulaw = to_mulaw((samples * 32768).round().astype(np.int16))
    return [mulaw[at : at + FRAME] for at in range(0, len(mulaw), FRAME)]


def hiss(count: int) -> list[bytes]:
    """A fricative of -50 dBFS: noise at high frequencies."""
    noise = np.diff(np.random.default_rng(5).normal(size=FRAME * count + 1))
    return frames(noise / noise.std() * 10**-2.5)


def vowel(count: int, dbfs: float = -20) -> list[bytes]:
    """A low tone."""
    return frames(np.sin(np.arange(FRAME * count) * 0.15) * 10 ** (dbfs / 20) * 2**0.5)


def vowels_after_fricatives(audio: list[bytes], *, audible: bool = True) -> list[bool]:
    """For each frame, whether it is a vowel that follows a fricative."""
    level, emphasis = AudioLevel(), PreEmphasis()
    found: list[bool] = []
    for frame in audio:
        emphasis.add(frame, level.add(frame), audible=audible)
        found.append(emphasis.vowel_after_fricative)
    return found


def test_pre_emphasis_raises_fricatives_and_lowers_vowels() -> None:
    """By 3 dB or more for noise at high frequencies, by 15 dB for a tone of 190 Hz."""
    level, emphasis = AudioLevel(), PreEmphasis()
    for frames_, db in ((hiss(4), 4.8), (vowel(4), -16.5)):
        for frame in frames_:
            blocks = level.add(frame)
            emphasis.add(frame, blocks, audible=True)
        assert 10 * np.log10(sum(emphasis.blocks) / sum(blocks)) == pytest.approx(db, abs=1.5)


def test_a_vowel_is_found_in_its_first_frame() -> None:
    """And only after a fricative of at least three frames."""
    assert vowels_after_fricatives(hiss(3) + vowel(2)) == [False, False, False, True, False]
    assert not any(vowels_after_fricatives(hiss(2) + vowel(2)))
    assert not any(vowels_after_fricatives(hiss(6)))
    assert not any(vowels_after_fricatives(vowel(6)))


def test_audio_that_is_not_audible_is_not_measured() -> None:
    """It also separates a fricative from what follows."""
    assert not any(vowels_after_fricatives(hiss(3) + vowel(1), audible=False))
    emphasis = PreEmphasis()
    for frame, audible in [
        *((frame, True) for frame in hiss(3)),
        (SILENCE * FRAME, False),
        (vowel(1)[0], True),
    ]:
        emphasis.add(frame, AudioLevel().add(frame), audible=audible)
        assert bool(emphasis.blocks) == audible
    assert not emphasis.vowel_after_fricative
