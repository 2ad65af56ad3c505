"""The speech detection model in a new process."""

import subprocess
import sys

COUNT = """
import psutil
from services.stt.silero import SileroVad
from services.stt.speech_probability import WINDOW_BYTES
model, before = SileroVad(), psutil.Process().num_threads()
for _ in range(5):
    model(b"\\x10" * WINDOW_BYTES)
print(psutil.Process().num_threads() - before)
"""


def test_the_model_starts_no_threads() -> None:
    """In a new process no threads are added; a thread pool would wait 20 times as long as it computes."""
    done = subprocess.run(
        [sys.executable, "-c", COUNT], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "0", done.stderr
