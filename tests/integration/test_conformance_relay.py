"""The relay of the conformance suite breaks connections as its checks need it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from parley.providers.conformance import ConformanceError, Relay, open_relay
from parley.providers.conformance import connections as waiting
from parley.providers.conformance.connections import freed
from tests.tcp_server import tcp_server

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    """A relay before a server that sends back what it receives."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)
        writer.close()

    async with tcp_server(echo) as port, open_relay(port) as running:
        yield running


async def connect(relay: Relay) -> Connection:
    return await asyncio.open_connection("127.0.0.1", relay.port)


async def test_it_passes_data_and_counts_connections(relay: Relay) -> None:
    """A connection is counted until its client closes it."""
    reader, writer = await connect(relay)
    writer.write(b"hello")
    assert await reader.readexactly(5) == b"hello"
    assert (relay.connections, relay.delivered) == (1, 5)
    writer.close()
    await freed(relay)


async def test_connections_that_stay_open_are_found(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check fails."""
    monkeypatch.setattr(waiting, "_TIMEOUT_S", 0.05)
    reader, writer = await connect(relay)
    writer.write(b"x")
    await reader.readexactly(1)
    with pytest.raises(ConformanceError, match="1 connections"):
        await freed(relay)
    writer.close()


async def test_it_cuts_after_a_number_of_bytes(relay: Relay) -> None:
    """The client gets these bytes, or fewer, and the end."""
    reader, writer = await connect(relay)
    relay.cut_after(3)
    writer.write(b"hello")
    with suppress(ConnectionResetError):
        assert await reader.read() == b"hel"
    writer.close()
    relay.reset()
    reader, writer = await connect(relay)
    writer.write(b"hello")
    assert await reader.readexactly(5) == b"hello"
    writer.close()


async def test_it_stalls_after_a_number_of_bytes(relay: Relay) -> None:
    """The connection stays open."""
    reader, writer = await connect(relay)
    relay.stall_after(3)
    writer.write(b"hello")
    assert await reader.readexactly(3) == b"hel"
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await reader.read(1)
    assert relay.connections == 1
    writer.close()


async def test_it_is_silent_or_refuses(relay: Relay) -> None:
    """New connections get nothing, or an HTTP status."""
    relay.silent = True
    reader, writer = await connect(relay)
    writer.write(b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await reader.read(1)
    writer.close()
    relay.reset()
    relay.status = 429
    reader, writer = await connect(relay)
    writer.write(b"POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}")
    assert (await reader.read()).startswith(b"HTTP/1.1 429 ")
    writer.close()
