"""Reports the failures of providers in a call's log."""

from collections.abc import Awaitable, Callable
from typing import Any

from parley.errors import ConfigError, ProviderError
from parley.v1.work_pb2 import StageFailed


def config_failure(provider: str, error: ConfigError) -> StageFailed:
    """The event for a call whose agent names a provider that cannot be used."""
    return StageFailed(code="rejected", message=str(error), retryable=False, provider=provider)


class FailureReporter:
    """Appends StageFailed to the call's log: once per error code, until a request succeeds."""

    def __init__(self, append: Callable[[StageFailed], Awaitable[Any]]) -> None:
        self._append = append
        self._reported = ""

    def succeeded(self) -> None:
        """Report the next failure even if it has the same code as the last one."""
        self._reported = ""

    async def failed(self, error: ProviderError) -> None:
        """Report a failure unless the last report has the same code."""
        if self._reported == error.code:
            return
        self._reported = error.code
        await self._append(
            StageFailed(
                code=error.code, message=error.reason, retryable=error.retryable, provider=error.provider
            )
        )
