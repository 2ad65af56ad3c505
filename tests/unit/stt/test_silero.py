"""Tests of the speech detection model."""

import numpy as np

from services.stt.silero import VadPool


def test_a_model_is_reused_without_its_state() -> None:
    """Two calls at the same time have different models."""
    audio = np.random.default_rng(1).integers(0, 256, 256 * 40, dtype=np.uint8).tobytes()
    chunks = [audio[at : at + 256] for at in range(0, len(audio), 256)]
    pool = VadPool()
    with pool.acquire() as first, pool.acquire() as second:
        assert first is not second
        expected = [first(chunk) for chunk in chunks]
    with pool.acquire() as again, pool.acquire() as other:
        assert {again, other} == {first, second}
        assert [again(chunk) for chunk in chunks] == expected
        assert [other(chunk) for chunk in chunks] == expected
