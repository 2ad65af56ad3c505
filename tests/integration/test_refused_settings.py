"""Every service that refuses a setting ends and names the setting and the reason in its last line."""

import os
import socket
import subprocess
import sys

import pytest


def run_service(module: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a service to its end."""
    return subprocess.run(
        [sys.executable, "-m", f"services.{module}"],
        env={**os.environ, "ELEVENLABS_API_KEY": "k", **variables},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("module", ["edge", "stt", "brain", "tts", "recorder"])
def test_a_refused_setting_is_named_in_the_last_line(module: str) -> None:
    """The exit code is 2, and nothing has been started."""
    done = run_service(module, PARLEY_DRAIN_TIMEOUT_S="soon")
    assert done.returncode == 2
    last = (done.stdout + done.stderr).splitlines()[-1]
    assert last.startswith("PARLEY_DRAIN_TIMEOUT_S: ")
    assert "valid number" in last


@pytest.mark.parametrize("module", ["edge", "stt"])
def test_a_port_in_use_is_named_in_the_last_line(module: str, nats_url: str) -> None:
    """The line names the port's setting and is not a stack trace."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        variables = {f"PARLEY_{module.upper()}_PORT": str(port), "PARLEY_NATS_URL": nats_url}
        done = run_service(module, PARLEY_LOG_FORMAT="json", **variables)
    assert done.returncode == 1
    output = done.stdout + done.stderr
    assert f"PARLEY_{module.upper()}_PORT: cannot listen on 127.0.0.1:{port}" in output.splitlines()[-1]
    assert "Traceback" not in output
