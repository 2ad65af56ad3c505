"""Nova and Flux sessions without a socket: audio is pushed in, messages are collected in a list."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from parley.audio.g711 import FRAME_BYTES, make_silence
from sandbox.deepgram.flux import FluxSession
from sandbox.deepgram.nova import NovaSession
from sandbox.deepgram.settings import DeepgramSandboxSettings
from sandbox.deepgram.socket_context import SocketContext
from sandbox.emulator import Journal, RuntimeSettings
from sandbox.recognition.recogniser import Recogniser
from tests.recordings import recorded_frames

TEXT = "tuesday afternoon would be good"
AUDIO = recorded_frames(TEXT)
_TIMEOUT_S = 5.0
_SETTINGS: dict[str, Any] = {
    "stt_final_ms": 60,
    "stt_interim_ms": 200,
    "stt_late_utterance_end": 0,
    "stt_unknown_word_end": 0,
}

Message = dict[str, Any]


class FakeSocket:
    """The client's side of a session: sends audio and messages, keeps what the session sends."""

    def __init__(self, journal: Journal) -> None:
        self.session: NovaSession | FluxSession | None = None
        self.received: list[Message] = []
        self.journal = journal

    async def receive(self, message: Message) -> None:
        """Keep a message of the session."""
        self.received.append(message)

    async def send_audio(self, audio: bytes) -> None:
        """Send audio frame by frame; the session's tasks get to run after each."""
        assert self.session is not None
        for at in range(0, len(audio), FRAME_BYTES):
            await self.session.on_audio(audio[at : at + FRAME_BYTES])
            await asyncio.sleep(0)

    async def send(self, message: Mapping[str, Any]) -> bool:
        """Send a text message; returns False if the session closes the socket."""
        assert self.session is not None
        return await self.session.on_message(message)

    async def wait_for(self, wanted: Callable[[Message], Any], count: int = 1) -> list[Message]:
        """Send silence until at least `count` messages match, then return all matches."""
        async with asyncio.timeout(_TIMEOUT_S):
            while len(self.matching(wanted)) < count:
                await self.send_audio(make_silence(20))
                await asyncio.sleep(0.01)
        return self.matching(wanted)

    def matching(self, wanted: Callable[[Message], Any]) -> list[Message]:
        """The received messages that match."""
        return [message for message in self.received if wanted(message)]


@asynccontextmanager
async def open_session(
    session_type: type[NovaSession | FluxSession],
    recogniser: Recogniser,
    query: Mapping[str, str],
    **settings: Any,
) -> AsyncIterator[FakeSocket]:
    """A session with these query parameters and settings, at the other end of a fake socket."""
    journal = Journal()
    socket = FakeSocket(journal)
    runtime_settings = RuntimeSettings(DeepgramSandboxSettings(**{**_SETTINGS, **settings}))
    model = "nova-3" if session_type is NovaSession else "flux-general-en"
    full = {"model": model, "encoding": "mulaw", "sample_rate": "8000", "tag": "CA1", **query}
    async with asyncio.TaskGroup() as tasks:
        context = SocketContext(recogniser, runtime_settings, journal, full["tag"], socket.receive, tasks)
        socket.session = session_type(tuple(full.items()), context)
        await socket.session.open()
        yield socket


def has_type(name: str) -> Callable[[Message], bool]:
    """Matches messages of a type, or TurnInfo messages with that event."""
    return lambda message: name in (message.get("event"), message["type"])


def transcript(results: Message) -> str:
    """The transcript of a Results message."""
    return str(results["channel"]["alternatives"][0]["transcript"])
