"""A raw WebSocket server like ElevenLabs' multi-context endpoint, strict about the order of messages.

Synthesis takes time and runs behind the reader of messages, as at the provider, so that a `close_context` can
overtake it. Faults are methods of a scene, one per behaviour that was seen at the provider.
"""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

SAMPLES_PER_CHARACTER = 400
CHUNK_CHARACTERS = 6
MAX_CONTEXTS = 5


def audio_of(text: str) -> bytes:
    """50 ms of audio per character; each character has its own tone."""
    return _tones(text.rstrip())


def _tones(text: str) -> bytes:
    return b"".join(bytes([ord(c) & 0x7F]) * SAMPLES_PER_CHARACTER for c in text)


@dataclass(slots=True)
class Script:
    """The behaviour of the provider, and what it received."""

    url: str = ""
    first_audio_s: float = 0.02
    """Time from a flush to its first frame."""
    frame_s: float = 0.002
    """Time between frames."""
    drops_at_close: Callable[[int], bool] = lambda _: False
    """Whether a context, by its number, loses what has not begun when it is closed."""
    drops_clause: Callable[[str], bool] = lambda _: False
    """Whether a clause is lost, whenever the context is closed."""
    aligned: bool = True
    final: bool = True
    extra_frames: list[dict[str, Any]] = field(default_factory=list)
    """Frames sent after the final frame of each context; `contextId` is added."""
    messages: list[dict[str, Any]] = field(default_factory=list)
    contexts: int = 0
    sockets: int = 0
    violations: list[str] = field(default_factory=list)
    """Messages out of order."""


@dataclass(slots=True)
class _Context:
    number: int
    texts: asyncio.Queue[str | None] = field(default_factory=asyncio.Queue)
    closed: bool = False


class _Session:
    def __init__(self, script: Script, socket: ServerConnection, tasks: asyncio.TaskGroup) -> None:
        self._script = script
        self._socket = socket
        self._tasks = tasks
        self._running: list[asyncio.Task[None]] = []
        self._contexts: dict[str, _Context] = {}
        self._ended: set[str] = set()

    async def serve(self) -> None:
        with suppress(ConnectionClosed):
            async for data in self._socket:
                message = json.loads(data)
                self._script.messages.append(message)
                await self._handle(message)
        for task in self._running:
            task.cancel()

    async def _handle(self, message: dict[str, Any]) -> None:
        name = message["context_id"]
        context = self._contexts.get(name)
        if message.get("close_context"):
            if context is None or context.closed:
                self._script.violations.append(f"close of a context that is not open: {name}")
                return
            context.closed = True
            context.texts.put_nowait(None)
            return
        if context is None:
            if message["text"] != " " or name in self._ended:
                self._script.violations.append(f"first message of {name}: {message}")
            if len(self._contexts) >= MAX_CONTEXTS:
                await self._socket.close(1008, "Maximum simultaneous contexts exceeded")
                return
            self._script.contexts += 1
            context = self._contexts[name] = _Context(self._script.contexts)
            self._running.append(self._tasks.create_task(self._synthesize(name, context)))
        elif context.closed:
            self._script.violations.append(f"a message for a closed context: {message}")
        if message.get("flush"):
            context.texts.put_nowait(message["text"])

    async def _synthesize(self, name: str, context: _Context) -> None:
        script = self._script
        while (text := await context.texts.get()) is not None:
            await asyncio.sleep(script.first_audio_s)
            if context.closed and script.drops_at_close(context.number):
                break
            if script.drops_clause(text):
                continue
            for frame in _frames(text, aligned=script.aligned):
                await self._send({"contextId": name, **frame})
                await asyncio.sleep(script.frame_s)
        if script.final:
            del self._contexts[name]
            self._ended.add(name)
            await self._send({"contextId": name, "audio": None, "isFinal": True})
            for frame in script.extra_frames:
                await self._send({"contextId": name, **frame})

    async def _send(self, frame: dict[str, Any]) -> None:
        with suppress(ConnectionClosed):
            await self._socket.send(json.dumps(frame))


def _frames(text: str, *, aligned: bool) -> Iterator[dict[str, Any]]:
    spoken = text.rstrip()
    for begin in range(0, len(spoken), CHUNK_CHARACTERS):
        part = spoken[begin : begin + CHUNK_CHARACTERS]
        alignment = {
            "chars": list(part),
            "charStartTimesMs": [n * 50 for n in range(len(part))],
            "charDurationsMs": [50] * len(part),
        }
        audio = base64.b64encode(_tones(part)).decode()
        yield {"audio": audio, "isFinal": None, "alignment": alignment if aligned else None}


@asynccontextmanager
async def scripted_provider() -> AsyncIterator[Script]:
    """Run the server on a free port."""
    script = Script()

    async def accept(socket: ServerConnection) -> None:
        script.sockets += 1
        async with asyncio.TaskGroup() as tasks:
            await _Session(script, socket, tasks).serve()

    async with serve(accept, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        script.url = f"ws://127.0.0.1:{port}"
        yield script
