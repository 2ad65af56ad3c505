"""Keep a socket to the vendor for as long as the call lives, and send it all of the caller's sound."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import structlog

from parley.errors import VendorError, VendorRefused
from services.stt.sound_buffer import SoundBuffer
from services.stt.vendors import Connection, Heard

log = structlog.get_logger()

_KEEP_ALIVE_S = 4.0
"""The vendor closes a socket that is silent for ten."""
_REFUSED_WAIT_S = 5.0
_FIRST_WAIT_S = 0.1
_LONGEST_WAIT_S = 5.0

Open = Callable[[], AbstractAsyncContextManager[Connection]]
"""Opens a socket."""


class Transcribing:
    """One call's way to the vendor. `run` is its one long-lived task."""

    def __init__(
        self,
        open_connection: Open,
        buffer: SoundBuffer,
        heard: Callable[[Heard], Awaitable[None]],
        failed: Callable[[VendorError], Awaitable[None]],
    ) -> None:
        self._open = open_connection
        self._buffer = buffer
        self._heard = heard
        self._failed = failed
        self._news = asyncio.Event()
        self._finalize = False

    def sound_came(self) -> None:
        """There is more in the buffer."""
        self._news.set()

    def finalize(self) -> None:
        """Have the vendor make its guess final."""
        self._finalize = True
        self._news.set()

    async def run(self) -> None:
        """Long-lived: connect, send, listen; and again when the socket is lost."""
        failures = 0
        while True:
            try:
                async with self._open() as connection:
                    failures = 0
                    await self._talk(connection)
            except* VendorError as group:
                error = _first(group)
                failures += 1
                if failures == 1:
                    log.error("transcriber lost", vendor=error.vendor, code=error.code, reason=error.reason)
                await self._failed(error)
                await asyncio.sleep(_wait_s(error, failures))

    async def _talk(self, connection: Connection) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(connection.run(self._heard), name="hear the vendor")
            tasks.create_task(self._send(connection), name="send sound")

    async def _send(self, connection: Connection) -> None:
        sent_ms = self._buffer.start_ms
        while True:
            sound = self._buffer.since(sent_ms)
            # Before the first sound the buffer's start moves to where that begins.
            at_ms = max(sent_ms, self._buffer.start_ms)
            sent_ms = self._buffer.end_ms
            if sound:
                await connection.send(sound, at_ms)
            if self._finalize:
                self._finalize = False
                await connection.finalize()
            async with _no_longer_than(_KEEP_ALIVE_S) as silent:
                await self._news.wait()
            self._news.clear()
            if silent():
                await connection.keep_alive()


@asynccontextmanager
async def _no_longer_than(timeout_s: float) -> AsyncIterator[Callable[[], bool]]:
    """A time limit that is told, not raised."""
    limit = asyncio.timeout(timeout_s)
    try:
        async with limit:
            yield limit.expired
    except TimeoutError:
        if not limit.expired():
            raise


def _first(group: BaseExceptionGroup[VendorError]) -> VendorError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, VendorError)  # noqa: S101 - the group holds nothing else
    return error


def _wait_s(error: VendorError, failures: int) -> float:
    if isinstance(error, VendorRefused):
        return _REFUSED_WAIT_S
    return float(min(_FIRST_WAIT_S * 2 ** (min(failures, 10) - 1), _LONGEST_WAIT_S))
