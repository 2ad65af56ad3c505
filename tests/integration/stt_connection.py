"""Drives a connection of a speech-to-text provider in tests."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.server import Server

from parley.agent_config import SttConfig
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
        async with asyncio.timeout(10), arrived:
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


def port_of(server: Server) -> int:
    """The port that a test's own server listens on."""
    [listening] = server.sockets
    return int(listening.getsockname()[1])


async def ignore(_event: SttEvent) -> None:
    """Receive an event."""
