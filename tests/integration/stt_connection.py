"""Drives a connection of a speech-to-text provider in tests."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from parley.agent_config import SttConfig
from parley.errors import ProviderUnavailable
from parley.providers.stt import SttConnection, SttEvent, SttProvider

WaitFor = Callable[[Callable[[SttEvent], bool]], Awaitable[Any]]


async def send_audio(connection: SttConnection, audio: bytes, *, at_ms: int = 1000) -> None:
    """Send audio in frames of 20 ms, many times faster than speech."""
    for at in range(0, len(audio), 160):
        await connection.send(audio[at : at + 160], at_ms + at // 8)
        await asyncio.sleep(0.001)


@asynccontextmanager
async def transcribing(
    provider: SttProvider, config: SttConfig
) -> AsyncIterator[tuple[SttConnection, list[SttEvent], WaitFor]]:
    """A connection, its events so far, and a function that waits for an event that fulfils a condition."""
    events: list[SttEvent] = []
    arrived = asyncio.Condition()

    async def on_event(event: SttEvent) -> None:
        async with arrived:
            events.append(event)
            arrived.notify_all()

    async def wait_for(wanted: Callable[[SttEvent], bool]) -> Any:
        async with asyncio.timeout(30), arrived:
            await arrived.wait_for(lambda: any(wanted(event) for event in events))
        return next(event for event in events if wanted(event))

    async with provider.connect(config, "CA1") as connection:
        running = asyncio.ensure_future(connection.run(on_event))
        try:
            yield connection, events, wait_for
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


def of_type(kind: type[SttEvent]) -> Callable[[SttEvent], bool]:
    """Matches events of a type."""
    return lambda event: isinstance(event, kind)


@asynccontextmanager
async def served(handler: Callable[[ServerConnection], Awaitable[None]]) -> AsyncIterator[str]:
    """The address of a server with this handler of its WebSockets."""
    async with serve(handler, "127.0.0.1", 0) as server:
        [listening] = server.sockets
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


async def silent(socket: ServerConnection) -> None:
    """Accept a WebSocket, and send nothing."""
    await socket.wait_closed()


async def check_broken(provider: SttProvider, config: SttConfig, audio: bytes) -> None:
    """Check that a connection that the server breaks while audio is sent ends with ProviderUnavailable."""
    async with provider.connect(config, "CA1") as connection:
        running = asyncio.ensure_future(connection.run(ignore))
        with pytest.raises(ProviderUnavailable):
            await asyncio.gather(running, send_audio(connection, audio))
        running.cancel()


async def ignore(_event: SttEvent) -> None:
    """Receive an event."""
