"""Work that must be done however long it takes: tried again and again, its failure told once."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import stamina
import structlog

from parley.errors import ProviderError
from parley.events.log import CallEventLog
from parley.v1.work_pb2 import StageFailed

log = structlog.get_logger()

_INITIAL_WAIT_S = 0.2
_MAX_WAIT_S = 5.0

Result = TypeVar("Result")


class StorageRetry:
    """One call's dealings with a store and a database that may be away."""

    def __init__(self, call_log: CallEventLog) -> None:
        self._log = call_log
        self._reported: set[str] = set()

    async def run(self, operation: Callable[[], Awaitable[Result]]) -> Result:
        """Do it, with growing pauses, until it is done.

        Raises:
            ProviderError: trying again cannot help.
        """
        retries = stamina.retry_context(
            on=_is_retryable, attempts=None, timeout=None, wait_initial=_INITIAL_WAIT_S, wait_max=_MAX_WAIT_S
        )
        async for attempt in retries:
            with attempt:
                try:
                    return await operation()
                except ProviderError as error:
                    await self.report(error)
                    raise
        raise AssertionError("without a limit the attempts have no end")

    async def report(self, error: ProviderError) -> None:
        """Say once per call that a provider is away."""
        if error.provider in self._reported:
            return
        self._reported.add(error.provider)
        log.error("call cannot be stored yet", provider=error.provider, error=error.reason)
        await self._log.append(
            StageFailed(
                code=error.code,
                message=f"{error.provider} does not take the call's record yet",
                retryable=error.retryable,
                provider=error.provider,
            )
        )


def _is_retryable(error: Exception) -> bool:
    return isinstance(error, ProviderError) and error.retryable
