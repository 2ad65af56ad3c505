"""Tests of running checks."""

import asyncio

from cli.doctor.finding import Reporter
from cli.doctor.runner import Check, run_checks


async def good(reporter: Reporter) -> None:
    reporter.ok("key", "accepted")


async def broken(reporter: Reporter) -> None:
    reporter.ok("key", "accepted")
    raise ExceptionGroup("tasks", [KeyError("sk-secret")])


async def late(reporter: Reporter) -> None:
    reporter.ok("key", "accepted")
    await asyncio.Event().wait()


async def test_a_broken_or_late_check_does_not_affect_the_others() -> None:
    """Its earlier findings are shown, and its exception's text, which may be secret, is not."""
    progress: list[list[str]] = []
    checks = [Check("late", late), Check("broken", broken), Check("good", good)]
    found = await run_checks(checks, 0.05, lambda waiting: progress.append(list(waiting)))

    assert [(finding.section, finding.state, finding.text) for finding in found] == [
        ("late", "ok", "accepted"),
        ("late", "failed", "no complete answer within 0.05 s: try again, and check the network"),
        ("broken", "ok", "accepted"),
        ("broken", "failed", "not completed: KeyError. Please report this as a bug."),
        ("good", "ok", "accepted"),
    ]
    assert progress[0] == ["late", "broken", "good"]
    assert progress[-1] == ["late"]


async def test_no_checks_have_no_findings() -> None:
    """All providers may be emulated."""
    assert await run_checks([], 1.0) == []
