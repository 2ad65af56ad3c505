"""Tests of the agents' bucket in a real NATS server."""

import asyncio
from pathlib import Path

import pytest

from parley.agent_store import AgentBucket, AgentStore, open_agent_store, version_of
from parley.bus import Bus, connect
from parley.errors import BusError, ConfigError
from tests.eventually import eventually
from tests.nats_server import NatsServer

TEXT = "prompt: one"


async def apply(bus: Bus, name: str, text: str) -> str:
    """Make a text the current version of an agent."""
    bucket = AgentBucket(bus)
    version = await bucket.add(name, text, timeout_s=5) if text else ""
    await bucket.set_current(name, version, previous=(await bucket.current()).get(name))
    return version


async def test_a_change_reaches_every_process_within_a_second(nats_url: str, tmp_path: Path) -> None:
    """Also the first version, a repeated one and a removal."""
    (tmp_path / "shop.yaml").write_text("prompt: file")
    async with (
        connect(nats_url, "a", timeout_s=30) as bus,
        connect(nats_url, "b", timeout_s=30, replicas=None) as other,
        open_agent_store(bus, str(tmp_path)) as here,
        open_agent_store(other, str(tmp_path)) as there,
    ):
        for text, expected in ((TEXT, "one"), ("prompt: two", "two"), (TEXT, "one"), ("", "file")):
            await apply(bus, "shop", text)
            for store in (here, there):

                def is_current(store: AgentStore = store, expected: str = expected) -> bool:
                    return store.current("shop").config.prompt == expected

                await eventually(is_current)

        history = await AgentBucket(bus).history("shop")

    assert [pointer.version for pointer in history] == [
        version_of(TEXT),
        version_of("prompt: two"),
        version_of(TEXT),
        "",
    ]


async def test_a_process_that_starts_has_the_current_versions(nats_url: str, tmp_path: Path) -> None:
    """Its first call gets them, whatever the agent is called."""
    async with connect(nats_url, "a", timeout_s=30) as bus:
        for name in ("front desk", "büro", "v1.2"):
            await apply(bus, name, f"prompt: '{name}'")
        async with open_agent_store(bus, str(tmp_path)) as store:
            assert [store.current(name).config.prompt for name in store.names()] == list(store.names())
            assert len(store.names()) == 3


async def test_versions_are_immutable_and_pointers_have_one_writer(nats_url: str) -> None:
    """The second of two commands at the same time is refused."""
    async with connect(nats_url, "a", timeout_s=30) as bus:
        bucket = AgentBucket(bus)
        version = await bucket.add("shop", TEXT, timeout_s=5)
        assert await bucket.add("shop", TEXT, timeout_s=5) == version
        await bucket.set_current("shop", version, previous=None)

        with pytest.raises(ConfigError, match="at the same time"):
            await bucket.set_current("shop", version, previous=None)
        assert await bucket.text("shop", version) == TEXT
        assert await bucket.text("shop", "0123456789ab") is None


async def test_a_change_during_an_outage_is_noticed_after_it(nats_server: NatsServer, tmp_path: Path) -> None:
    """While the bus is down, the last known version serves, and nothing waits."""
    async with (
        connect(nats_server.url, "a", timeout_s=30) as bus,
        open_agent_store(bus, str(tmp_path)) as store,
    ):
        version = await apply(bus, "shop", TEXT)
        await eventually(lambda: "shop" in store.names())
        await nats_server.kill()

        assert store.current("shop").version == version
        async with asyncio.timeout(1.5):
            await store.keep(store._parsed.parse("other", "prompt: two", "test"))
        with pytest.raises(BusError):
            await AgentBucket(bus).text("shop", version)

        await nats_server.start()
        async with connect(nats_server.url, "b", timeout_s=10) as other:
            await apply(other, "shop", "prompt: two")
        await eventually(lambda: store.current("shop").config.prompt == "two")
