"""Every service that refuses a setting ends and names the setting and the reason in its last line."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["edge", "stt", "brain", "tts", "recorder"])
def test_a_refused_setting_is_named_in_the_last_line(module: str) -> None:
    """With exit code 2, before anything is started."""
    environment = {**os.environ, "ELEVENLABS_API_KEY": "k", "PARLEY_DRAIN_TIMEOUT_S": "soon"}
    done = subprocess.run(
        [sys.executable, "-m", f"services.{module}"],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    last = (done.stdout + done.stderr).splitlines()[-1]
    assert last.startswith("PARLEY_DRAIN_TIMEOUT_S: ")
    assert "valid number" in last
