"""The voice detector's model, in a process of its own."""

import subprocess
import sys

COUNT = """
import psutil
from services.stt.silero import Silero
model, before = Silero(), psutil.Process().num_threads()
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
