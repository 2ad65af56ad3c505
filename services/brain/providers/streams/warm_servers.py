"""Keeps connections to the servers in use open, so that no answer waits for a handshake."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Generic, Protocol, TypeVar

CONNECT_TIMEOUT_S = 3.0
"""Time limit for opening a connection."""
_WARM_UP_INTERVAL_S = 20.0
"""A server that was used this recently needs no warm-up."""
_MAX_SERVERS = 4


class _Addressed(Protocol):
    @property
    def base_url(self) -> str: ...


S = TypeVar("S", bound=_Addressed)


class WarmServers(Generic[S]):
    """The servers used last, and when."""

    def __init__(self, connect: Callable[[S], Awaitable[object]]) -> None:
        """Create it; `connect` opens a connection by a small request, and may fail in any way."""
        self._connect = connect
        self._used_at_s: dict[str, tuple[S, float]] = {}

    def use(self, server: S) -> None:
        """Note that a server is used now."""
        self._note(server, _now_s())

    async def warm_up(self, default: Callable[[], S]) -> None:
        """Open a connection to each server without a recent use, to the default one before any use.

        Failures are ignored, because the request reports them.
        """
        now_s = _now_s()
        if not self._used_at_s:
            with suppress(Exception):
                self._note(default(), now_s - _WARM_UP_INTERVAL_S)
        cold = [
            server for server, used_s in self._used_at_s.values() if now_s - used_s >= _WARM_UP_INTERVAL_S
        ]
        for server in cold:
            self._note(server, now_s)
        await asyncio.gather(*(self._open(server) for server in cold))

    def _note(self, server: S, at_s: float) -> None:
        self._used_at_s.pop(server.base_url, None)
        while len(self._used_at_s) >= _MAX_SERVERS:
            del self._used_at_s[next(iter(self._used_at_s))]
        self._used_at_s[server.base_url] = (server, at_s)

    async def _open(self, server: S) -> None:
        with suppress(Exception):
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await self._connect(server)


def _now_s() -> float:
    return asyncio.get_running_loop().time()
