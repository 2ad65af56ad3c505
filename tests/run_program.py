"""Run a program that starts further processes."""

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
    """Run a program to its end; after the time limit it gets SIGINT, as by Ctrl-C, and stops its processes.

    Raises:
        AssertionError: the time limit has passed; contains the output.
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
            raise AssertionError(f"not finished within {timeout_s:g} s\n{out}\n{error}") from None
    return subprocess.CompletedProcess(command, process.returncode, out, error)
