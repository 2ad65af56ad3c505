"""Plays conversations against one system, several at a time."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cli.call_log import follow, open_bus
from cli.testing.agents import PreparedCase
from cli.testing.case import Case, CaseError
from cli.testing.outcome import Outcome, PlayedConversation
from parley.bus import Bus
from parley.errors import BusError
from sandbox.caller.client import SandboxError, Telephone, open_telephone

DEFAULT_TIMEOUT_S = 90.0


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses of the system that answers the calls."""

    nats_url: str
    telephone_url: str
    edge_url: str


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one test."""

    name: str
    about: str
    outcome: Outcome | None = None
    problems: tuple[str, ...] = ()
    """Expectations that were not met; empty if the test passed."""
    error: str = ""
    """Why the conversation could not be played or judged; empty if it was."""
    duration_s: float = 0.0
    path: Path | None = None
    case: Case | None = field(default=None, repr=False)

    @property
    def passed(self) -> bool:
        """Whether every expectation was met."""
        return not self.problems and not self.error


@dataclass(frozen=True, slots=True)
class Options:
    """How tests are run."""

    concurrency: int = 8
    timeout_s: float = DEFAULT_TIMEOUT_S
    """Time limit of one call."""


async def play_all(
    addresses: Addresses,
    cases: Sequence[PreparedCase],
    options: Options,
    on_result: Callable[[Result], None] = lambda _result: None,
) -> list[Result]:
    """Play all cases and check their expectations; a failure of one does not affect the others.

    Raises:
        BusError: the system's NATS server does not respond.
    """
    slots = asyncio.Semaphore(options.concurrency)
    async with open_bus(addresses.nats_url) as bus, open_telephone(addresses.telephone_url) as telephone:

        async def play(prepared: PreparedCase) -> Result:
            async with slots:
                result = await _result(bus, telephone, prepared, addresses, options)
                on_result(result)
                return result

        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(play(prepared)) for prepared in cases]
        return [task.result() for task in running]


async def _result(
    bus: Bus, telephone: Telephone, prepared: PreparedCase, addresses: Addresses, options: Options
) -> Result:
    case, started_s = prepared.case, time.monotonic()
    try:
        outcome = Outcome(await _play(bus, telephone, prepared, addresses, options))
        problems = check(outcome, case)
        duration_s = time.monotonic() - started_s
        return Result(case.name, case.about, outcome, problems, "", duration_s, case.path, case)
    except (SandboxError, BusError, CaseError) as error:
        reason = str(error)
    except TimeoutError:
        reason = f"the call did not end within {options.timeout_s:g} s"
    duration_s = time.monotonic() - started_s
    return Result(case.name, case.about, error=reason, duration_s=duration_s, path=case.path, case=case)


def check(outcome: Outcome, case: Case) -> tuple[str, ...]:
    """Every expectation that was not met, with the line of the file that has it."""
    return tuple(
        f"{case.path.name}:{expectation.line}: {expectation.key}: {problem}"
        for expectation in case.expect
        if (problem := expectation.check(outcome))
    )


async def _play(
    bus: Bus, telephone: Telephone, prepared: PreparedCase, addresses: Addresses, options: Options
) -> PlayedConversation:
    case = prepared.case
    numbers = {"from_": case.from_number, "to": case.to_number}
    call_sid = await telephone.call(
        case.script,
        voice_url=f"{addresses.edge_url}/voice?agent={prepared.agent}",
        faults=case.network or None,
        **{name: number for name, number in numbers.items() if number},
    )
    async with asyncio.timeout(options.timeout_s):
        events = [event async for event in follow(bus, call_sid)]
    return PlayedConversation(call_sid, await telephone.report(call_sid, decode_tone=True), tuple(events))
