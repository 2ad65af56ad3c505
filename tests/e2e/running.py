"""`parley up` as a process, for whole calls."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from cli.calls import RunningSystem, find_system
from cli.log_lines import LogLine, parse

_READY_S = 90
_PROVIDER_VARIABLES = ("TWILIO_", "DEEPGRAM_", "OPENAI_", "ANTHROPIC_", "GEMINI_", "ELEVENLABS_", "PARLEY_")


@dataclass(frozen=True, slots=True)
class Up:
    """A running system and its output."""

    home: Path
    process: subprocess.Popen[bytes]

    @property
    def state(self) -> dict[str, Any]:
        """Content of the state file."""
        state: dict[str, Any] = json.loads((self.home / "system.json").read_text("utf-8"))
        return state

    @property
    def system(self) -> RunningSystem:
        """Addresses of the system."""
        return find_system(self.home)

    def errors(self) -> list[LogLine]:
        """Every error that any process has logged."""
        return [
            line
            for path in sorted((self.home / "logs").glob("*.log"))
            for line in (parse(path.stem, raw) for raw in path.read_text("utf-8").splitlines())
            if line.is_error
        ]

    def log(self, process: str) -> str:
        """A process's log."""
        return (self.home / "logs" / f"{process}.log").read_text("utf-8")

    def pid_of(self, module: str) -> int:
        """The process that runs a module such as `services.brain`."""
        return next(p.pid for p in self.children() if module in p.cmdline())

    def children(self) -> list[psutil.Process]:
        """All processes of the system."""
        return psutil.Process(self.process.pid).children(recursive=True)


@contextmanager
def running_up(home: Path, *options: str, **variables: str) -> Iterator[Up]:
    """Start `parley up`, wait until it is ready and stop it with Ctrl-C; no process may be left."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(_PROVIDER_VARIABLES)}
    command = [sys.executable, "-W", "ignore", "-m", "cli.main", "up", "--any-ports", *options]
    command += ["--home", str(home)]
    with (home.parent / f"{home.name}.out").open("wb") as out:
        process = subprocess.Popen(command, env={**clean, **variables}, stdout=out, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + _READY_S
        while not (home / "system.json").exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((home.parent / f"{home.name}.out").read_text("utf-8")[-3000:])
            time.sleep(0.1)
        yield Up(home, process)
    finally:
        children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.send_signal(signal.SIGINT)
        code = process.wait(60)
        left = [child for child in children if child.is_running()]
        for child in left:
            child.kill()
    assert code == 0
    assert not left, [child.cmdline() for child in left]
