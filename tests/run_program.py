"""Run a program that starts processes of its own."""

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
_END_S = 60.0


def run_program(
    command: Sequence[str], timeout_s: float, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run it to its end; one that takes longer is told to end, as by Ctrl-C, and leaves nobody behind.

    Raises:
        AssertionError: it was not through in time; holds what it said.
    """
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            out, error = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
            out, error = process.communicate(timeout=_END_S)
            raise AssertionError(f"not through within {timeout_s:g} s\n{out}\n{error}") from None
    return subprocess.CompletedProcess(command, process.returncode, out, error)
