"""Commits of a connection to Scribe without a request of the stage."""

import asyncio
from typing import Any, cast

from parley.agent_config import SttConfig
from parley.audio.g711 import SILENCE
from parley.providers.stt import SttEvent
from services.stt.provider_socket import ProviderSocket
from services.stt.providers.elevenlabs.connection import ScribeConnection


class ScriptedSocket:
    """A socket whose one message is a partial transcript; it counts the commits."""

    def __init__(self) -> None:
        self.commits, self.sent = 0, False
        self.partial = asyncio.Event()
        self.received = asyncio.Event()

    async def send(self, message: dict[str, Any]) -> None:
        """Count a commit."""
        self.commits += bool(message["commit"])

    async def receive(self) -> dict[str, Any]:
        """The message, once; the next call shows that it was processed."""
        if self.sent:
            self.received.set()
            await asyncio.Event().wait()
        await self.partial.wait()
        self.sent = True
        return {"message_type": "partial_transcript", "text": "Tuesday"}


async def test_words_after_a_long_silence_are_not_committed_at_once() -> None:
    """Only words to which nothing was added for 3 s are."""
    socket = ScriptedSocket()
    config = SttConfig(provider="elevenlabs", model="scribe_v2_realtime")
    connection = ScribeConnection(cast("ProviderSocket", socket), config)

    async def ignore(_event: SttEvent) -> None:
        pass

    running = asyncio.create_task(connection.run(ignore))
    frame = SILENCE * 160
    for number in range(250):
        await connection.send(frame, number * 20)
    socket.partial.set()
    async with asyncio.timeout(30):
        await socket.received.wait()
    for number in range(250, 390):
        await connection.send(frame, number * 20)
    assert socket.commits == 0
    for number in range(390, 420):
        await connection.send(frame, number * 20)
    running.cancel()

    assert socket.commits == 1
