"""Tests of the speech detection model."""

import numpy as np
import pytest

from services.stt.silero import VadPool
from services.stt.speech_probability import WINDOW_BYTES


def test_a_model_is_reused_without_its_state() -> None:
    """Two calls at the same time have different models."""
    audio = np.random.default_rng(1).integers(0, 256, WINDOW_BYTES * 40, dtype=np.uint8).tobytes()
    chunks = [audio[at : at + WINDOW_BYTES] for at in range(0, len(audio), WINDOW_BYTES)]
    pool = VadPool()
    with pool.acquire() as first, pool.acquire() as second:
        assert first is not second
        expected = [first(chunk) for chunk in chunks]
    with pool.acquire() as again, pool.acquire() as other:
        assert {again, other} == {first, second}
        assert [again(chunk) for chunk in chunks] == expected
        assert [other(chunk) for chunk in chunks] == expected


def test_a_new_model_detects_speech_as_fast_as_a_used_one() -> None:
    """The first window of a call is treated as if a second of silence had come before it."""
    quiet = bytes([0xFF]) * WINDOW_BYTES
    with VadPool().acquire() as model:
        first = model(quiet)
        for _ in range(50):
            last = model(quiet)
    assert first == pytest.approx(last, abs=0.002)
