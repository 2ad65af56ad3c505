"""A client of the Realtime emulator, which checks every event by the types of OpenAI's SDK."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, get_args
from urllib.parse import urlencode

from openai.types.realtime import RealtimeServerEvent
from pydantic import BaseModel
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_websocket

from parley.audio.g711 import make_silence
from parley.runtime.health import serve
from sandbox.caller.utterance import Utterance, oracle_registration
from sandbox.openai.app import OpenAIEmulator
from sandbox.openai.settings import OpenAISandboxSettings
from tests.recordings import recordings

MODEL = "gpt-realtime-2.1"
HELLO = "hello i would like to book an appointment with the doctor"
GOODBYE = "no thank you that is all goodbye"
PCMU = {"type": "audio/pcmu"}
_CHUNK_BYTES = 320


@asynccontextmanager
async def open_emulator(**settings: Any) -> AsyncIterator[tuple[OpenAIEmulator, str]]:
    """An emulator with the words of two recordings, and its base URL."""
    fast = {"realtime_first_audio_ms": 5, "realtime_transcript_ms": 5, "realtime_speed": 50}
    made = OpenAIEmulator(OpenAISandboxSettings(stt="oracle", tts="tone", **{**fast, **settings}))
    made.recogniser.oracle.register(oracle_registration(map(utterance, (HELLO, GOODBYE)))["utterances"])
    async with serve(made.app(), "127.0.0.1", 0, drain_timeout_s=1) as port:
        yield made, f"http://127.0.0.1:{port}/v1"


def utterance(text: str) -> Utterance:
    """A recording of the voice bank."""
    return recordings().utterance(text)


class RealtimeClient:
    """A connection, with the events that it has received."""

    def __init__(self, connection: ClientConnection) -> None:
        self.events: list[dict[str, Any]] = []
        self._connection = connection

    async def send(self, kind: str, **fields: Any) -> None:
        """Send an event unchanged."""
        await self._connection.send(json.dumps({"type": kind, **fields}))

    async def configure(self, **session: Any) -> dict[str, Any]:
        """Update a speech-to-speech session; returns its answer: `session.updated` or `error`."""
        await self.send("session.update", session={"type": "realtime", **session})
        return await self.until("session.updated", "error")

    async def telephone(self, **turn_detection: Any) -> None:
        """Use telephone audio in both directions, and turn detection with these parameters."""
        vad = {"type": "server_vad", "silence_duration_ms": 200, **turn_detection}
        audio = {
            "input": {"format": PCMU, "turn_detection": vad, "transcription": {"model": "gpt-transcribe"}},
            "output": {"format": PCMU, "voice": "marin"},
        }
        assert (await self.configure(audio=audio))["type"] == "session.updated"

    async def speak(self, text: str, silence_ms: float = 400) -> None:
        """Send a recording, and silence."""
        await self.append(utterance(text).mulaw + make_silence(silence_ms))

    async def append(self, audio: bytes) -> None:
        """Send audio in small chunks."""
        for at in range(0, len(audio), _CHUNK_BYTES):
            chunk = base64.b64encode(audio[at : at + _CHUNK_BYTES]).decode()
            await self.send("input_audio_buffer.append", audio=chunk)

    async def until(self, *kinds: str, timeout_s: float = 20.0) -> dict[str, Any]:
        """The next event of one of these types; all before it are kept in `events`."""
        async with asyncio.timeout(timeout_s):
            while True:
                received: dict[str, Any] = json.loads(await self._connection.recv())
                check(received)
                self.events.append(received)
                if received["type"] in kinds:
                    return received

    async def frame(self) -> str:
        """The next frame, unparsed."""
        return str(await self._connection.recv())

    async def error(self) -> dict[str, Any]:
        """The next error."""
        found: dict[str, Any] = (await self.until("error"))["error"]
        return found

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The events of a type."""
        return [received for received in self.events if received["type"] == kind]

    @property
    def kinds(self) -> list[str]:
        """The types of all events."""
        return [received["type"] for received in self.events]

    @property
    def audio(self) -> bytes:
        """The model's audio."""
        deltas = self.of("response.output_audio.delta")
        return b"".join(base64.b64decode(received["delta"]) for received in deltas)


@asynccontextmanager
async def connect(
    url: str, model: str = MODEL, *, key: str = "k", headers: Mapping[str, str] | None = None, **query: Any
) -> AsyncIterator[RealtimeClient]:
    """A connection that has received `session.created`."""
    parameters = urlencode({**({"model": model} if model else {}), **query})
    connecting = connect_websocket(
        f"{url.replace('http', 'ws', 1)}/realtime?{parameters}",
        additional_headers={"Authorization": f"Bearer {key}", **(headers or {})},
        # Without a limit the connection closes even if not all events were read.
        max_queue=None,
        compression=None,
    )
    async with connecting as connection:
        made = RealtimeClient(connection)
        await made.until("session.created", "error")
        yield made


@cache
def _event_types() -> Mapping[str, type[BaseModel]]:
    types = get_args(get_args(RealtimeServerEvent)[0])
    return {get_args(made.model_fields["type"].annotation)[0]: made for made in types}


def check(received: Mapping[str, Any]) -> None:
    """Raise ValueError if an event does not fit the SDK's type, or if there is no such event."""
    _event_types()[received["type"]].model_validate(received)


def without_repetition(kinds: Sequence[str]) -> list[str]:
    """The types of events in their order, without deltas in succession."""
    found: list[str] = []
    for kind in kinds:
        if not kind.endswith(".delta") or kind not in found[-2:]:
            found.append(kind)
    return found
