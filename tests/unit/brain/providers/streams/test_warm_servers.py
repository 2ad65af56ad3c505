"""Which servers get a connection before it is needed."""

import asyncio
from dataclasses import dataclass

import pytest

from services.brain.providers.streams.warm_servers import WarmServers


@dataclass(frozen=True, slots=True)
class _Server:
    base_url: str


class _Servers:
    """Records the connections, and has a clock of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 100.0
        self.connected: list[str] = []
        self.warm: WarmServers[_Server] = WarmServers(self._connect)
        monkeypatch.setattr("services.brain.providers.streams.warm_servers._now_s", lambda: self.now_s)

    async def _connect(self, server: _Server) -> None:
        self.connected.append(server.base_url)
        if server.base_url == "broken":
            raise ValueError

    async def warm_up(self) -> list[str]:
        self.connected.clear()
        await self.warm.warm_up(lambda: _Server("default"))
        return list(self.connected)


async def test_the_default_server_is_warm_before_the_first_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once in 20 s."""
    servers = _Servers(monkeypatch)
    assert await servers.warm_up() == ["default"]
    assert await servers.warm_up() == []
    servers.now_s += 20
    assert await servers.warm_up() == ["default"]


async def test_only_servers_without_a_recent_use_get_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The failure of another one does not matter."""
    servers = _Servers(monkeypatch)
    for name in ("broken", "a", "b"):
        servers.warm.use(_Server(name))
    servers.now_s += 15
    servers.warm.use(_Server("a"))
    servers.now_s += 5
    assert sorted(await servers.warm_up()) == ["b", "broken"]


async def test_the_servers_used_last_stay_warm(monkeypatch: pytest.MonkeyPatch) -> None:
    """At most four."""
    servers = _Servers(monkeypatch)
    for name in ("a", "b", "c", "a", "d", "e"):
        servers.warm.use(_Server(name))
    servers.now_s += 20
    assert sorted(await servers.warm_up()) == ["a", "c", "d", "e"]


async def test_a_default_server_without_a_configuration_is_no_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The request reports it."""
    servers = _Servers(monkeypatch)

    def unknown() -> _Server:
        raise ValueError

    await asyncio.wait_for(servers.warm.warm_up(unknown), 5)
    assert servers.connected == []
