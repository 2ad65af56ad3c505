"""Error messages of a service that cannot start."""

import os
import subprocess
import sys

import pytest

from cli.free_port import free_port


@pytest.mark.parametrize("service", ["edge", "stt", "brain", "tts", "recorder"])
def test_without_nats_a_service_exits_with_a_clear_line(service: str) -> None:
    """The exit code is 1; the line names the address and a remedy, without a stack trace."""
    url = f"nats://127.0.0.1:{free_port()}"
    done = subprocess.run(
        [sys.executable, "-m", f"services.{service}"],
        env={
            **os.environ,
            "PARLEY_NATS_URL": url,
            "PARLEY_START_TIMEOUT_S": "0.5",
            "ELEVENLABS_API_KEY": "x",
            f"PARLEY_{service.upper()}_PORT": "0",
        },
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.returncode == 1, done.stderr
    assert url in done.stderr
    assert "Traceback" not in done.stderr
