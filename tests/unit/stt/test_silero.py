"""The voice detector's model, in a process of its own."""

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


def test_the_model_works_in_one_thread() -> None:
    """With a pool it waits for its own threads twenty times as long as it works."""
    done = subprocess.run(
        [sys.executable, "-c", COUNT], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "0", done.stderr


def test_a_detector_is_used_again_and_remembers_nothing() -> None:
    """It hears as a new one does, and two calls at once have two."""
    sound = np.random.default_rng(1).integers(0, 256, 256 * 40, dtype=np.uint8).tobytes()
    chunks = [sound[at : at + 256] for at in range(0, len(sound), 256)]
    detectors = VadPool()
    with detectors.acquire() as first, detectors.acquire() as second:
        assert first is not second
        heard = [first(chunk) for chunk in chunks]
    with detectors.acquire() as again, detectors.acquire() as other:
        assert {again, other} == {first, second}
        assert [again(chunk) for chunk in chunks] == heard
        assert [other(chunk) for chunk in chunks] == heard
