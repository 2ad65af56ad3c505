"""The speech detection model."""

import subprocess
import sys

import numpy as np

from services.stt.silero import VadPool

COUNT = """
import psutil
from services.stt.silero import SileroVad
model, before = SileroVad(), psutil.Process().num_threads()
for _ in range(5):
    model(b"\\x10" * 256)
print(psutil.Process().num_threads() - before)
"""


def test_the_model_starts_no_threads() -> None:
    """With a thread pool it waits 20 times as long as it computes. Run in a new process."""
    done = subprocess.run(
        [sys.executable, "-c", COUNT], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "0", done.stderr


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
