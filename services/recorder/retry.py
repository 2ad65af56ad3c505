"""Unlimited retries for writes to the object store and the database, and for reads from the bus."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import stamina
import structlog

from parley.errors import BusError, ProviderError
from parley.events.log import CallEventLog
from parley.v1.work_pb2 import StageFailed
from services.recorder.metrics.storage import StorageMetrics

log = structlog.get_logger()

_STORAGE_MIN_WAIT_S = 0.2
_STORAGE_MAX_WAIT_S = 5.0
_BUS_MIN_WAIT_S = 0.5
_BUS_MAX_WAIT_S = 1.0

Result = TypeVar("Result")


class StorageRetry:
    """Retries one call's storage operations until they succeed, and reports a failing provider once."""

    def __init__(self, call_log: CallEventLog, metrics: StorageMetrics) -> None:
        self._log = call_log
        self._metrics = metrics
        self._reported: set[str] = set()

    async def run(self, operation: Callable[[], Awaitable[Result]]) -> Result:
        """Repeat an operation with exponential backoff until it succeeds.

        Raises:
            ProviderError: the error is not retryable.
        """
        retries = stamina.retry_context(
            on=_is_retryable,
            attempts=None,
            timeout=None,
            wait_initial=_STORAGE_MIN_WAIT_S,
            wait_max=_STORAGE_MAX_WAIT_S,
        )
        async for attempt in retries:
            with attempt:
                try:
                    return await operation()
                except ProviderError as error:
                    await self.report(error)
                    raise
        raise AssertionError("unreachable: the number of attempts is unlimited")

    async def report(self, error: ProviderError) -> None:
        """Count a provider's failure; log it and append `stage.failed`, once per call and provider."""
        self._metrics.failed(error.provider)
        if error.provider in self._reported:
            return
        self._reported.add(error.provider)
        log.error("call_record_not_stored", provider=error.provider, error=error.reason)
        await self._log.append(
            StageFailed(
                code=error.code,
                message=f"{error.provider} cannot store the call's record yet",
                retryable=error.retryable,
                provider=error.provider,
            )
        )


def _is_retryable(error: Exception) -> bool:
    return isinstance(error, ProviderError) and error.retryable


async def retry_read(read: Callable[[], Awaitable[Result]]) -> Result:
    """Repeat a read from the bus until it succeeds."""
    retries = stamina.retry_context(
        on=(BusError, TimeoutError),
        attempts=None,
        timeout=None,
        wait_initial=_BUS_MIN_WAIT_S,
        wait_max=_BUS_MAX_WAIT_S,
    )
    async for attempt in retries:
        with attempt:
            try:
                return await read()
            except (BusError, TimeoutError) as error:
                log.warning("stream_read_failed", error=str(error))
                raise
    raise AssertionError("unreachable: the number of attempts is unlimited")
