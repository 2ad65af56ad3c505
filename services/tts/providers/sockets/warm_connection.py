"""Keeps a connection of a call open, so that no reply waits for a handshake, and replaces it when lost."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import structlog

from parley.errors import ProviderError, ProviderRejected, ProviderTimeout
from parley.providers.latency_limits import LatencyLimit

log = structlog.get_logger()

_MIN_RETRY_INTERVAL_S = 0.2
_MAX_RETRY_INTERVAL_S = 5.0
_MIN_REJECTED_RETRY_INTERVAL_S = 5.0
"""Minimum time between two attempts with a rejected key."""
_MAX_REJECTED_RETRY_INTERVAL_S = 30.0
_HEALTHY_AFTER_S = 1.0
"""A connection that lasted this long, or sent audio, was healthy: the next one is opened at once."""


class Connection(Protocol):
    """An open connection that a WarmConnection runs."""

    received_audio: bool
    """Whether any audio has arrived."""

    @property
    def closed(self) -> bool:
        """Whether it can no longer be used."""

    async def run(self) -> ProviderError:
        """Dispatch what arrives until the connection ends; returns the reason."""

    async def close(self) -> None:
        """Close it; does not raise."""


class RequestChanged(Exception):
    """An attempt to connect failed, and the next one avoids the cause: it is made at once."""

    def __init__(self, error: ProviderError) -> None:
        super().__init__(str(error))
        self.error = error


C = TypeVar("C", bound=Connection)


@dataclass(frozen=True, slots=True)
class _ConnectionLoss:
    """The end of a connection, or of the attempt to open one."""

    error: ProviderError
    was_open: bool
    was_healthy: bool


class WarmConnection(Generic[C]):
    """One connection of a call; `maintain` must be running while it is used."""

    def __init__(
        self, provider: str, connect: Callable[[], Awaitable[C]], limit: Callable[[], LatencyLimit]
    ) -> None:
        """Prepare.

        Args:
            provider: name for logs and errors.
            connect: opens a connection in limited time; raises ProviderError or RequestChanged.
            limit: the learned time limit for opening one, for which replies wait.
        """
        self._provider = provider
        self._connect = connect
        self._limit = limit
        self._opened: asyncio.Future[C] = asyncio.get_running_loop().create_future()

    async def get(self) -> C:
        """Return the open connection, or wait for it to open.

        Raises:
            ProviderError: opening has just failed, or takes too long.
        """
        self._discard_closed()
        try:
            async with asyncio.timeout(self._limit().limit_s()):
                return await asyncio.shield(self._opened)
        except TimeoutError:
            raise ProviderTimeout(self._provider, "the connection did not open in time") from None

    async def maintain(self) -> None:
        """Keep a connection open, and open the next one when it is lost; runs until cancelled."""
        unhealthy = 0
        async with asyncio.TaskGroup() as closings:
            while True:
                loss = await self._run_one(closings)
                unhealthy = 0 if loss.was_healthy else unhealthy + 1
                if not unhealthy or (unhealthy == 1 and loss.was_open and loss.error.retryable):
                    log.info("tts_connection_lost", provider=self._provider, reason=loss.error.reason)
                    self._discard_closed()
                    continue
                self._set_error(loss.error)
                await asyncio.sleep(_retry_interval_s(loss.error, unhealthy))

    async def _run_one(self, closings: asyncio.TaskGroup) -> _ConnectionLoss:
        """Open a connection and use it until it is lost."""
        loop = asyncio.get_running_loop()
        try:
            connection = await self._connect()
        except RequestChanged as changed:
            return _ConnectionLoss(changed.error, was_open=False, was_healthy=True)
        except ProviderError as failure:
            return _ConnectionLoss(failure, was_open=False, was_healthy=False)
        opened_at_s = loop.time()
        self._set(connection)
        try:
            error = await connection.run()
        except asyncio.CancelledError:
            await connection.close()
            raise
        # Closing may be slow; the next connection does not wait for it.
        closings.create_task(connection.close())
        healthy = connection.received_audio or loop.time() - opened_at_s > _HEALTHY_AFTER_S
        return _ConnectionLoss(error, was_open=True, was_healthy=healthy)

    def _discard_closed(self) -> None:
        opened = self._opened.done() and self._opened.exception() is None
        if opened and self._opened.result().closed:
            self._opened = asyncio.get_running_loop().create_future()

    def _set(self, connection: C) -> None:
        if self._opened.done():
            self._opened = asyncio.get_running_loop().create_future()
        self._opened.set_result(connection)

    def _set_error(self, error: ProviderError) -> None:
        failed_before = self._opened.done() and self._opened.exception() is not None
        # Logged as an error once, not at each attempt during a long call.
        write = log.debug if failed_before else log.error
        write("tts_connection_failed", provider=self._provider, code=error.code, reason=error.reason)
        if self._opened.done():
            self._opened = asyncio.get_running_loop().create_future()
        self._opened.set_exception(error)
        # Marks the exception as retrieved, so that asyncio does not report it if no reply waited for it.
        self._opened.exception()


def _retry_interval_s(error: ProviderError, unhealthy: int) -> float:
    """Exponential backoff with jitter, after this many unhealthy connections in a row."""
    first_s, max_s = _MIN_RETRY_INTERVAL_S, _MAX_RETRY_INTERVAL_S
    if isinstance(error, ProviderRejected):
        first_s, max_s = _MIN_REJECTED_RETRY_INTERVAL_S, _MAX_REJECTED_RETRY_INTERVAL_S
    interval_s = first_s * float(2 ** min(unhealthy - 1, 10))
    return min(interval_s, max_s) * random.uniform(1.0, 1.2)
