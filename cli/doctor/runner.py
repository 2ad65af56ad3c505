"""Runs checks concurrently within a time limit; a check that breaks yields a finding."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from cli.doctor.finding import Finding, Reporter
from parley.exception_groups import flatten_group


@dataclass(frozen=True, slots=True)
class Check:
    """The checks of one section; their findings are shown in the order in which they are reported."""

    section: str
    run: Callable[[Reporter], Awaitable[None]]


async def run_checks(
    checks: Sequence[Check],
    limit_s: float,
    on_progress: Callable[[Sequence[str]], None] = lambda _waiting: None,
) -> list[Finding]:
    """Run all checks; `on_progress` is called with the names of the sections that are not finished."""
    findings: list[list[Finding]] = [[] for _ in checks]
    waiting = [check.section for check in checks]

    async def run(check: Check, found: list[Finding]) -> None:
        reporter = Reporter(check.section, found.append)
        try:
            await check.run(reporter)
        except Exception as error:
            # Servers may send anything, and third-party providers may raise anything.
            names = ", ".join(dict.fromkeys(type(inner).__name__ for inner in flatten_group(error)))
            reporter.failed("check", f"not completed: {names}. Please report this as a bug.")
        waiting.remove(check.section)
        on_progress(waiting)

    if not checks:
        return []
    on_progress(waiting)
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(run(check, found), name=check.section)
            for check, found in zip(checks, findings, strict=True)
        ]
        await asyncio.wait(running, timeout=limit_s)
        for task, check, found in zip(running, checks, findings, strict=True):
            if not task.done():
                task.cancel()
                text = f"no complete answer within {limit_s:g} s: try again, and check the network"
                found.append(Finding(check.section, "time limit", "failed", text))
    return [finding for found in findings for finding in found]
