"""Tests of measuring processes."""

import os

from cli.local_demo.usage import Usage, between, measure


def test_processes_are_measured() -> None:
    """The result omits a process that has ended."""
    found = measure({"self": os.getpid(), "ended": 2**22 - 3})
    assert list(found) == ["self"]
    assert found["self"].cpu_s > 0
    assert found["self"].memory_mb > 10


def test_the_time_between_two_measurements() -> None:
    """A process that was restarted meanwhile has no earlier measurement."""
    before = {"stt": Usage(2.0, 100.0)}
    after = {"stt": Usage(5.5, 120.0), "tts": Usage(1.0, 90.0)}
    assert between(before, after) == {"stt": Usage(3.5, 120.0)}
