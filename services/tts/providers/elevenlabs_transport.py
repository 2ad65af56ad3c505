"""ElevenLabs via one warm WebSocket per call, which is replaced whenever it is lost."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from parley.agent_config import TtsConfig
from parley.errors import ProviderError, ProviderRejected, ProviderTimeout, ProviderUnavailable
from services.tts.providers import elevenlabs_wire as wire
from services.tts.providers.elevenlabs_account import ElevenLabsAccount
from services.tts.providers.elevenlabs_context import Context
from services.tts.providers.elevenlabs_errors import PROVIDER
from services.tts.providers.elevenlabs_parameters import RequestParameters
from services.tts.providers.elevenlabs_socket import ElevenLabsConnection, open_connection

log = structlog.get_logger()

_MIN_RETRY_INTERVAL_S = 0.2
_MAX_RETRY_INTERVAL_S = 5.0
_MIN_REJECTED_RETRY_INTERVAL_S = 5.0
"""Minimum time between two attempts with a rejected key."""
_MAX_REJECTED_RETRY_INTERVAL_S = 30.0
_CONTEXT_TIMEOUT_S = 0.3
_HEALTHY_AFTER_S = 1.0
"""A connection that lasted this long, or sent audio, was healthy: the next one is opened at once."""


@dataclass(frozen=True, slots=True)
class _ConnectionLoss:
    """The end of a connection, or of the attempt to open one."""

    error: ProviderError
    was_open: bool
    was_healthy: bool


class WebSocketTransport:
    """A TtsConnection; `maintain` must be running while it is used."""

    def __init__(self, account: ElevenLabsAccount, config: TtsConfig, call_sid: str) -> None:
        self._account = account
        self._settings = account.settings
        self._config = config
        self._call_sid = call_sid
        self._context_count = 0
        self._connection: asyncio.Future[ElevenLabsConnection] = asyncio.get_running_loop().create_future()

    @asynccontextmanager
    async def open_stream(self, reply_id: str) -> AsyncIterator[Context]:
        """Begin a reply in its own context.

        Raises:
            ProviderError: no connection opens in time.
        """
        connection = await self._open_connection()
        self._context_count += 1
        # Unique within the call: audio of an earlier attempt must not be mistaken for this one's.
        context_id = f"{self._call_sid}.{reply_id}.{self._context_count}"
        try:
            async with connection.context(context_id, timeout_s=_CONTEXT_TIMEOUT_S) as context:
                yield context
        except ProviderTimeout as error:
            # A connection that timed out once is replaced.
            connection.fail(error)
            raise

    async def maintain(self) -> None:
        """Keep a connection open, and open the next one when it is lost; runs until cancelled."""
        unhealthy = 0
        async with asyncio.TaskGroup() as closings:
            while True:
                loss = await self._run_connection(closings)
                unhealthy = 0 if loss.was_healthy else unhealthy + 1
                if not unhealthy or (unhealthy == 1 and loss.was_open and loss.error.retryable):
                    log.info("tts_connection_lost", provider=PROVIDER, reason=loss.error.reason)
                    self._discard_closed_connection()
                    continue
                self._set_error(loss.error)
                await asyncio.sleep(_retry_interval_s(loss.error, unhealthy))

    async def _run_connection(self, closings: asyncio.TaskGroup) -> _ConnectionLoss:
        """Open a connection and use it until it is lost."""
        loop = asyncio.get_running_loop()
        try:
            parameters = await self._account.parameters(self._config)
        except ProviderError as failure:
            return _ConnectionLoss(failure, was_open=False, was_healthy=False)
        try:
            connection = await self._connect(parameters)
        except ProviderError as refusal:
            improved = self._account.adapt(self._config, parameters, refusal)
            return _ConnectionLoss(refusal, was_open=False, was_healthy=improved)
        connection.replace_error = lambda error: self._replaced(parameters, error)
        opened_at_s = loop.time()
        self._set_connection(connection)
        try:
            error = await connection.run(self._settings.tts_keep_alive_s)
        except asyncio.CancelledError:
            await connection.close()
            raise
        # Closing may be slow; the next connection does not wait for it.
        closings.create_task(connection.close())
        healthy = connection.received_audio or loop.time() - opened_at_s > _HEALTHY_AFTER_S
        return _ConnectionLoss(error, was_open=True, was_healthy=healthy)

    async def _connect(self, parameters: RequestParameters) -> ElevenLabsConnection:
        url = wire.socket_url(self._settings.elevenlabs_url, parameters)
        key = self._settings.elevenlabs_api_key.get_secret_value()
        limit = self._account.connect_limit()
        started_at_s, timeout_s = asyncio.get_running_loop().time(), limit.limit_s()
        try:
            connection = await open_connection(url, key, parameters, timeout_s)
        except ProviderTimeout:
            limit.timed_out(timeout_s)
            raise
        limit.observe(asyncio.get_running_loop().time() - started_at_s)
        return connection

    def _replaced(self, parameters: RequestParameters, error: ProviderError) -> ProviderError:
        """The error for the replies of a connection; one that the next connection avoids is worth a retry."""
        if not self._account.adapt(self._config, parameters, error):
            return error
        return ProviderUnavailable(PROVIDER, f"{error.reason}; the next request is changed")

    async def _open_connection(self) -> ElevenLabsConnection:
        """Return the open connection, or wait for it to open; raise at once if opening has just failed."""
        self._discard_closed_connection()
        try:
            async with asyncio.timeout(self._account.connect_limit().limit_s()):
                return await asyncio.shield(self._connection)
        except TimeoutError:
            raise ProviderTimeout(PROVIDER, "the connection did not open in time") from None

    def _discard_closed_connection(self) -> None:
        opened = self._connection.done() and self._connection.exception() is None
        if opened and self._connection.result().closed:
            self._connection = asyncio.get_running_loop().create_future()

    def _set_connection(self, connection: ElevenLabsConnection) -> None:
        if self._connection.done():
            self._connection = asyncio.get_running_loop().create_future()
        self._connection.set_result(connection)

    def _set_error(self, error: ProviderError) -> None:
        failed_before = self._connection.done() and self._connection.exception() is not None
        # Logged as an error once, not at each attempt during a long call.
        write = log.debug if failed_before else log.error
        write("tts_connection_failed", provider=PROVIDER, code=error.code, reason=error.reason)
        if self._connection.done():
            self._connection = asyncio.get_running_loop().create_future()
        self._connection.set_exception(error)
        # Marks the exception as retrieved, so that asyncio does not report it if no reply waited for it.
        self._connection.exception()


def _retry_interval_s(error: ProviderError, unhealthy: int) -> float:
    """Exponential backoff with jitter, after this many unhealthy connections in a row."""
    first_s, max_s = _MIN_RETRY_INTERVAL_S, _MAX_RETRY_INTERVAL_S
    if isinstance(error, ProviderRejected):
        first_s, max_s = _MIN_REJECTED_RETRY_INTERVAL_S, _MAX_REJECTED_RETRY_INTERVAL_S
    interval_s = first_s * float(2 ** min(unhealthy - 1, 10))
    return min(interval_s, max_s) * random.uniform(1.0, 1.2)
