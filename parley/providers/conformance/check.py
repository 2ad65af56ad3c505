"""Runs named checks of a provider, each for itself, and reports what each found. No I/O of its own."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, Literal, TypeAlias, TypeVar

from parley.errors import ProviderError
from parley.exception_groups import flatten_group

S = TypeVar("S")

Outcome: TypeAlias = Literal["passed", "failed", "not applicable"]

CHECK_TIMEOUT_S = 15.0


class ConformanceError(AssertionError):
    """A provider violates its protocol."""


class NotApplicable(Exception):
    """A check does not apply to a provider; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Check(Generic[S]):
    """A named check of a provider under test."""

    name: str
    description: str
    """Expected behavior, as a part of a sentence."""
    run: Callable[[S], Awaitable[None]]
    """Raises ConformanceError or ProviderError if the provider fails the check."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The outcome of one check."""

    check: str
    outcome: Outcome
    reason: str = ""
    """Empty for a passed check."""


async def run_checks(
    checks: Iterable[Check[S]], subject: S, timeout_s: float = CHECK_TIMEOUT_S
) -> list[CheckResult]:
    """Run checks one after the other; a failed one does not affect the next."""
    return [await run_check(check, subject, timeout_s) for check in checks]


async def run_check(check: Check[S], subject: S, timeout_s: float = CHECK_TIMEOUT_S) -> CheckResult:
    """Run one check within a time limit."""
    try:
        async with asyncio.timeout(timeout_s):
            await check.run(subject)
    except Exception as error:
        # A provider may raise anything.
        return _failure(check.name, flatten_group(error)[0], timeout_s)
    return CheckResult(check.name, "passed")


def _failure(check: str, error: BaseException, timeout_s: float) -> CheckResult:
    match error:
        case NotApplicable():
            return CheckResult(check, "not applicable", str(error))
        case ConformanceError():
            return CheckResult(check, "failed", str(error))
        case ProviderError():
            return CheckResult(check, "failed", f"{type(error).__name__}: {error.reason}")
        case TimeoutError():
            return CheckResult(check, "failed", f"no end within {timeout_s:g} s")
        case _:
            return CheckResult(check, "failed", f"{type(error).__name__}: {error}")


def require(condition: object, reason: str) -> None:
    """Raise ConformanceError with the reason unless the condition is true."""
    if not condition:
        raise ConformanceError(reason)


@contextmanager
def tolerated(*errors: type[Exception]) -> Iterator[None]:
    """End the block with an error that the provider may raise, also as the only one of a group."""
    try:
        yield
    except Exception as error:
        # A provider may raise anything.
        if not all(isinstance(leaf, errors) for leaf in flatten_group(error)):
            raise


async def raises(
    expected: type[ProviderError] | tuple[type[ProviderError], ...], action: Awaitable[object]
) -> ProviderError:
    """Await an action that must fail with an expected error; returns the error."""
    try:
        await action
    except Exception as error:
        # A provider may raise anything; a task group around it makes a group of it.
        raised = flatten_group(error)[0]
        if isinstance(raised, expected):
            return raised
        if isinstance(raised, NotApplicable):
            raise raised from None
        raise ConformanceError(f"raised {type(raised).__name__}, not {_names(expected)}: {raised}") from error
    raise ConformanceError(f"no error, although {_names(expected)} was due")


def _names(expected: type[ProviderError] | tuple[type[ProviderError], ...]) -> str:
    classes = expected if isinstance(expected, tuple) else (expected,)
    return " or ".join(error.__name__ for error in classes)
