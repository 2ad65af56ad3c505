"""Conversion between mu-law and linear samples."""

import numpy as np

from parley.audio.g711 import DECODE
from sandbox.pcm import from_alaw, from_mulaw, resample, to_alaw, to_mulaw


def test_every_mu_law_code_is_unchanged_by_conversion() -> None:
    """Only the second code of zero changes."""
    codes = bytes(range(256))
    samples = from_mulaw(codes)

    assert samples.tolist() == list(DECODE)
    assert to_mulaw(samples) == codes.replace(b"\x7f", b"\xff")


def test_other_samples_are_rounded() -> None:
    """Loud samples have an error of less than 4 %."""
    samples = np.array([-30000, -5000, 5000, 30000], dtype=np.int16)
    decoded = from_mulaw(to_mulaw(samples))

    assert np.all(np.abs(decoded.astype(float) / samples - 1) < 0.04)


def test_every_alaw_code_is_unchanged_by_conversion() -> None:
    """Loud samples have an error of less than 4 %."""
    codes = bytes(range(256))
    samples = np.array([-30000, -5000, 5000, 30000], dtype=np.int16)

    assert to_alaw(from_alaw(codes)) == codes
    assert np.all(np.abs(from_alaw(to_alaw(samples)).astype(float) / samples - 1) < 0.04)


def test_the_alaw_values_are_those_of_g711() -> None:
    """Codes of zero, of the smallest step and of full scale."""
    assert from_alaw(bytes([0xD5, 0x55, 0xAA, 0x2A])).tolist() == [8, -8, 32256, -32256]


def test_resampling_keeps_the_duration() -> None:
    """Audio at the right rate is returned unchanged."""
    samples = np.arange(8000, dtype=np.int16)

    assert resample(samples, 8000, 22_050).size == 22_050
    assert resample(samples, 8000, 8000) is samples
