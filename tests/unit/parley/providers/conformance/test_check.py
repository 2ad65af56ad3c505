"""Checks run one by one, and every outcome is reported."""

import asyncio

import pytest

from parley.errors import ProviderRejected, ProviderUnavailable
from parley.providers.conformance.check import (
    Check,
    ConformanceError,
    NotApplicable,
    raises,
    run_checks,
    tolerated,
)


def check_that(error: BaseException | None) -> Check[None]:
    async def run(_subject: None) -> None:
        if error is not None:
            raise error

    return Check("x", "does something", run)


async def hang(_subject: None) -> None:
    await asyncio.Event().wait()


async def test_each_check_has_an_outcome() -> None:
    """A failure does not end the run."""
    errors = (
        None,
        NotApplicable("no server"),
        ConformanceError("no audio"),
        ProviderRejected("p", "bad key"),
        ExceptionGroup("", [KeyError("x")]),
    )
    checks = [*map(check_that, errors), Check("hang", "", hang)]
    results = await run_checks(checks, None, timeout_s=0.05)
    assert [(result.outcome, result.reason) for result in results] == [
        ("passed", ""),
        ("not applicable", "no server"),
        ("failed", "no audio"),
        ("failed", "ProviderRejected: bad key"),
        ("failed", "KeyError: 'x'"),
        ("failed", "no end within 0.05 s"),
    ]


async def fail(error: Exception | None) -> None:
    if error:
        raise error


async def test_an_expected_error_may_be_in_a_group() -> None:
    """A task group around the failing code makes one."""
    lost = ProviderUnavailable("p", "lost")
    assert await raises(ProviderUnavailable, fail(ExceptionGroup("", [lost]))) is lost
    for error in (None, KeyError("x"), ProviderRejected("p", "no")):
        with pytest.raises(ConformanceError, match="ProviderUnavailable"):
            await raises(ProviderUnavailable, fail(error))


def test_errors_may_be_tolerated() -> None:
    """Only those that are named."""
    with tolerated(ProviderUnavailable):
        raise ExceptionGroup("", [ProviderUnavailable("p", "lost")])
    with pytest.raises(KeyError), tolerated(ProviderUnavailable):
        raise KeyError("x")
