"""ElevenLabs' voice over one warm socket per call, opened anew whenever it is lost."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from pydantic import SecretStr

from parley.agent_config import TtsConfig
from parley.errors import ProviderError, ProviderRejected, ProviderTimeout
from services.tts.providers import elevenlabs_wire as wire
from services.tts.providers.elevenlabs_socket import Context, Socket, open_socket

log = structlog.get_logger()

_FIRST_WAIT_S = 0.2
_LONGEST_WAIT_S = 5.0
_FIRST_REFUSED_WAIT_S = 5.0
"""A refused key is not asked about more often."""
_LONGEST_REFUSED_WAIT_S = 30.0
_ROOM_WAIT_S = 0.3
_SETTLED_S = 1.0
"""A socket that lived this long, or gave sound, was a good one: the next is tried at once."""


@dataclass(frozen=True, slots=True)
class Account:
    """Where the provider is, and how patient we are with it."""

    base_url: str
    key: SecretStr
    connect_timeout_s: float
    late_after_s: float
    keep_alive_s: float


@dataclass(frozen=True, slots=True)
class _Lost:
    """A socket that is no more."""

    error: ProviderError
    was_open: bool
    was_good: bool
    """It gave sound, or lived for long."""


class SocketVoice:
    """A Voice. `keep_open` must run for as long as it is used."""

    def __init__(self, account: Account, speaking: TtsConfig, call_sid: str) -> None:
        self._account = account
        self._speaking = speaking
        self._call_sid = call_sid
        self._count = 0
        self._socket: asyncio.Future[Socket] = asyncio.get_running_loop().create_future()

    @asynccontextmanager
    async def open_stream(self, reply_id: str) -> AsyncIterator[Context]:
        """Begin a reply in a context of its own.

        Raises:
            ProviderError: there is no socket, and none comes in time.
        """
        socket = await self._usable_socket()
        self._count += 1
        # Unique for ever within the call: sound of an earlier making must not be taken for this one's.
        context_id = f"{self._call_sid}.{reply_id}.{self._count}"
        try:
            async with socket.context(context_id, wait_s=_ROOM_WAIT_S) as context:
                yield context
        except ProviderTimeout as late:
            # A socket that is late once is taken for half-dead.
            socket.give_up(late)
            raise

    async def keep_open(self) -> None:
        """Long-lived: have a socket, and have the next one when it is lost."""
        bad = 0
        async with asyncio.TaskGroup() as closings:
            while True:
                lost = await self._hold_one(closings)
                bad = 0 if lost.was_good else bad + 1
                if not bad or (bad == 1 and lost.was_open and lost.error.retryable):
                    log.info("voice socket lost", provider=wire.PROVIDER, reason=lost.error.reason)
                    self._forget_used_socket()
                    continue
                self._fail(lost.error)
                await asyncio.sleep(_wait_s(lost.error, bad))

    async def _hold_one(self, closings: asyncio.TaskGroup) -> _Lost:
        """Open a socket and use it up."""
        loop = asyncio.get_running_loop()
        url = wire.socket_url(self._account.base_url, self._speaking)
        key = self._account.key.get_secret_value()
        try:
            socket = await open_socket(url, key, self._speaking, self._account.connect_timeout_s)
        except ProviderError as refusal:
            return _Lost(refusal, was_open=False, was_good=False)
        opened_at = loop.time()
        self._succeed(socket)
        try:
            error = await socket.run(self._account.keep_alive_s)
        except asyncio.CancelledError:
            await socket.close()
            raise
        # Closing may take long; the next socket does not wait for it.
        closings.create_task(socket.close())
        good = socket.sounded or loop.time() - opened_at > _SETTLED_S
        return _Lost(error, was_open=True, was_good=good)

    async def _usable_socket(self) -> Socket:
        """The socket, or the one that is just being opened; at once the reason if opening failed of late."""
        self._forget_used_socket()
        try:
            async with asyncio.timeout(self._account.connect_timeout_s):
                return await asyncio.shield(self._socket)
        except TimeoutError:
            raise ProviderTimeout(wire.PROVIDER, "no socket in time") from None

    def _forget_used_socket(self) -> None:
        done = self._socket.done() and self._socket.exception() is None
        if done and self._socket.result().over:
            self._socket = asyncio.get_running_loop().create_future()

    def _succeed(self, socket: Socket) -> None:
        if self._socket.done():
            self._socket = asyncio.get_running_loop().create_future()
        self._socket.set_result(socket)

    def _fail(self, error: ProviderError) -> None:
        failing = self._socket.done() and self._socket.exception() is not None
        # Told once as an error, not at every try of a long call.
        tell = log.debug if failing else log.error
        tell("no voice socket", provider=wire.PROVIDER, code=error.code, reason=error.reason)
        if self._socket.done():
            self._socket = asyncio.get_running_loop().create_future()
        self._socket.set_exception(error)
        # Read once, so that a failure nobody asked about is not reported as forgotten.
        self._socket.exception()


def _wait_s(error: ProviderError, bad: int) -> float:
    """How long to wait after so many bad sockets in a row; never the same for all calls at once."""
    first_s, longest_s = _FIRST_WAIT_S, _LONGEST_WAIT_S
    if isinstance(error, ProviderRejected):
        first_s, longest_s = _FIRST_REFUSED_WAIT_S, _LONGEST_REFUSED_WAIT_S
    wait_s = first_s * float(2 ** min(bad - 1, 10))
    return min(wait_s, longest_s) * random.uniform(1.0, 1.2)
