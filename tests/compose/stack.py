"""The whole compose file, run with podman: start, look inside, stop."""

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.compose.base_images import run

ROOT = Path(__file__).parents[2]
PROJECT = "parley-compose-test"
SERVICES = ("edge", "stt", "brain", "tts", "recorder")
EMULATORS = ("sandbox-twilio", "sandbox-deepgram", "sandbox-openai", "sandbox-elevenlabs")
STARTED = ("nats", "postgres", *EMULATORS, *SERVICES)
_READY_TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class Stack:
    """A running stack."""

    compose: tuple[str, ...]
    environment: Mapping[str, str]

    def run_compose(self, *arguments: str, timeout_s: float = 300.0) -> str:
        """Run podman-compose; returns its output.

        Raises:
            RuntimeError: it failed.
        """
        done = subprocess.run(
            [*self.compose, *arguments],
            env=dict(self.environment),
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments)} failed:\n{(done.stdout + done.stderr)[-3000:]}")
        return done.stdout

    def wait_until_ready(self, *services: str) -> None:
        """Wait until the health check of each container succeeds.

        Raises:
            RuntimeError: one is not ready in time; the message has the end of its log.
        """
        deadline = time.monotonic() + _READY_TIMEOUT_S
        for service in services:
            while (problem := self.problem(service)) and time.monotonic() < deadline:
                time.sleep(1)
            if problem:
                raise RuntimeError(f"{service} is not ready: {problem}\n{logs(service)[-3000:]}")

    def problem(self, service: str) -> str:
        """Why the container's own health check fails; empty if it succeeds."""
        test = health_test(service)
        done = subprocess.run(
            ["podman", "exec", container(service), *test], capture_output=True, text=True, check=False
        )
        return "" if done.returncode == 0 else (done.stderr or done.stdout).strip() or "health check failed"


@contextmanager
def running_stack(podman_compose: Path) -> Iterator[Stack]:
    """Run everything but the caller and the profile observability; removed on exit, with its volumes."""
    base = (str(podman_compose), "--project-name", PROJECT, "--profile", "sandbox")
    stack = Stack((*base, "--file", str(ROOT / "docker-compose.yml")), dict(os.environ))
    stack.run_compose("down", "--volumes", "--timeout", "5")
    try:
        stack.run_compose("up", "--detach", "--no-build", *STARTED)
        yield stack
    finally:
        stack.run_compose("down", "--volumes", "--timeout", "5")


def container(service: str) -> str:
    """Name of a service's first container."""
    return f"{PROJECT}_{service}_1"


def health_test(service: str) -> list[str]:
    """The command of the service's health check in the compose file, without CMD."""
    document = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    test: list[str] = document["services"][service]["healthcheck"]["test"]
    return test[1:]


def inspect(service: str) -> dict[str, Any]:
    """Podman's state and configuration of a container."""
    found: list[dict[str, Any]] = json.loads(run("podman", "inspect", container(service)))
    return found[0]


def logs(service: str) -> str:
    """A container's output, both streams."""
    done = subprocess.run(["podman", "logs", container(service)], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr
