"""Synthesises coughs, doors and static, identical each time. No I/O, no clock."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from parley.audio.g711 import SAMPLE_RATE_HZ, ms_to_bytes
from sandbox.caller.script import NoiseKind
from sandbox.caller.utterance import Utterance, make_utterance
from sandbox.pcm import to_mulaw

_SEED = 20

_Wave = NDArray[np.float64]


@lru_cache(maxsize=100)
def noise(kind: NoiseKind, ms: float) -> Utterance:
    """A noise of a kind and length.

    Raises:
        ValueError: the kind is UH_HUH, which is recorded.
    """
    count = max(1, ms_to_bytes(ms))
    at_s = np.arange(count) / SAMPLE_RATE_HZ
    part = np.arange(count) / count
    hiss = np.random.default_rng(_SEED).uniform(-1, 1, count)
    match kind:
        case NoiseKind.COUGH:
            samples = _cough(part, hiss)
        case NoiseKind.DOOR:
            samples = _door(part, at_s, hiss)
        case NoiseKind.STATIC:
            samples = 0.03 * hiss
        case NoiseKind.UH_HUH:
            raise ValueError("uh_huh is recorded, not synthesised")
    linear = (samples * 32767).astype(np.int16)
    return make_utterance(f"[{kind}]", to_mulaw(linear))


def _cough(part: _Wave, hiss: _Wave) -> _Wave:
    """Two bursts of noise with a gap between them."""
    burst = part % 0.5 * 2
    loudness: _Wave = 0.5 * np.exp(-5 * burst) * np.minimum(1.0, burst * 20)
    return loudness * hiss


def _door(part: _Wave, at_s: _Wave, hiss: _Wave) -> _Wave:
    """A thump that fades out."""
    thump = (np.sin(2 * np.pi * 85 * at_s) + 0.3 * hiss) / 1.3
    fading: _Wave = 0.5 * np.exp(-7 * part)
    return fading * thump
