"""Conversion between mu-law and linear samples."""

import numpy as np

from parley.audio.g711 import DECODE
from sandbox.pcm import from_mulaw, to_mulaw


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
