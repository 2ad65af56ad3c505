"""The checks of failures that providers of every kind classify alike."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from parley.errors import (
    ProviderError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from parley.providers.conformance.check import Check, raises, require
from parley.providers.conformance.subject import Fault, Subject


class _Case(Protocol):
    @property
    def subject(self) -> Subject[Any, Any]: ...


C = TypeVar("C", bound=_Case)


def failure_checks(attempt: Callable[[C, Fault], Awaitable[object]]) -> tuple[Check[C], ...]:
    """Return the checks; `attempt` uses a provider that is opened with a fault until it fails."""

    def fails_with(fault: Fault, *expected: type[ProviderError]) -> Callable[[C], Awaitable[None]]:
        async def run(case: C) -> None:
            await raises(expected, attempt(case, fault))

        return run

    async def wrong_key(case: C) -> None:
        error = await raises(ProviderRejected, attempt(case, "wrong_key"))
        setting = case.subject.facts.key_setting
        require(setting in error.reason, f"the error does not name {setting}")

    return (
        Check("wrong key", "is ProviderRejected and names the setting", wrong_key),
        Check("rate limited", "is ProviderRateLimited", fails_with("rate_limited", ProviderRateLimited)),
        Check(
            "overloaded",
            "is ProviderUnavailable or ProviderRateLimited",
            fails_with("overloaded", ProviderUnavailable, ProviderRateLimited),
        ),
        Check(
            "unreachable",
            "is ProviderUnavailable or ProviderTimeout",
            fails_with("unreachable", ProviderUnavailable, ProviderTimeout),
        ),
    )
