"""The level of audio and of the noise behind it."""

import numpy as np
import pytest

from sandbox.pcm import to_mulaw
from services.stt.audio_level import AudioLevel

FRAME = 160


def hiss(dbfs: float, frames: int) -> list[bytes]:
    """Frames of white noise."""
    samples = np.random.default_rng(4).normal(0, 10 ** (dbfs / 20), FRAME * frames) * 32768
    mulaw = to_mulaw(samples.round().astype(np.int16))
    return [mulaw[at : at + FRAME] for at in range(0, len(mulaw), FRAME)]


def is_above_noise_after(*frames: bytes, may_be_speech: bool = False) -> bool:
    """Whether the last of the frames is louder than the noise before it."""
    level = AudioLevel()
    for frame in frames:
        level.add(frame)
        level.update_floor(may_be_speech=may_be_speech)
    return level.is_above_noise


@pytest.mark.parametrize("dbfs", [-65, -55, -46])
def test_the_floor_adapts_to_noise_in_a_second_and_a_half(dbfs: float) -> None:
    """From then on the noise is not louder than itself, but speech 10 dB above it is."""
    noise = hiss(dbfs, 75)
    assert not is_above_noise_after(*noise)
    assert is_above_noise_after(*noise, *hiss(dbfs + 10, 1))


def test_the_floor_does_not_adapt_to_speech() -> None:
    """Nor to loud audio, which may contain speech at any time."""
    assert is_above_noise_after(*hiss(-50, 75), may_be_speech=True)
    assert is_above_noise_after(*hiss(-35, 500))


def test_digital_silence_is_quiet() -> None:
    """And so is noise that mu-law can barely represent."""
    assert not is_above_noise_after(b"\xff" * FRAME)
    assert not is_above_noise_after(*hiss(-70, 5))


def test_the_onset_is_found_to_a_block() -> None:
    """A closure of 15 ms belongs to the speech; what came before a longer silence does not."""
    loud, silent = b"\x10" * 40, b"\xff" * 40
    level = AudioLevel()
    for frame in (loud * 4, silent * 4, silent * 2 + loud + silent, silent * 2 + loud * 2):
        level.add(frame)
    assert level.onset_age_ms(60) == 30


def test_the_edge_of_speech_follows_its_peak() -> None:
    """Down to where noise covers it."""
    level = AudioLevel()
    assert level.edge(1e-2) == pytest.approx(10**-5.8)
    for frame in hiss(-50, 75):
        level.add(frame)
        level.update_floor(may_be_speech=False)
    assert level.edge(1e-2) == pytest.approx(10**-4.4, rel=0.4)
