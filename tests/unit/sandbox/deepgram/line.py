"""One socket's insides on a desk: sound goes in as fast as it is taken, messages come out in a list."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from parley.mulaw import FRAME_BYTES, silence
from sandbox.caller.voice_bank import VoiceBank, load_bank
from sandbox.deepgram.flux import Flux
from sandbox.deepgram.nova import Nova
from sandbox.deepgram.oracle import Oracle
from sandbox.deepgram.recogniser import Recogniser
from sandbox.deepgram.settings import DeepgramSandboxSettings
from sandbox.emulator import Journal, RuntimeSettings

TEXT = "tuesday afternoon would be good"
_PATIENCE_S = 5.0

Message = dict[str, Any]


def _nobody(text: str) -> Any:
    raise AssertionError(text)


@cache
def bank() -> VoiceBank:
    """The callers' recorded voice."""
    return load_bank(_nobody)


def spoken(text: str = TEXT) -> bytes:
    """A sentence of the callers, in whole frames."""
    mulaw = bank().utterance(text).mulaw
    return mulaw + silence(20)[: -len(mulaw) % FRAME_BYTES]


def registration(text: str = TEXT) -> dict[str, Any]:
    """What is posted to /sandbox/utterances for it."""
    utterance = bank().utterance(text)
    words = [{"text": w.text, "start_ms": w.start_ms, "end_ms": w.end_ms} for w in utterance.words]
    return {"text": text, "mulaw": base64.b64encode(utterance.mulaw).decode(), "words": words}


def knowing(*texts: str) -> Oracle:
    """An oracle that knows some sentences."""
    oracle = Oracle()
    oracle.register([registration(text) for text in texts])
    return oracle


class Line:
    """Speaks to a wire and keeps what it says."""

    def __init__(self, journal: Journal) -> None:
        self.session: Nova | Flux | None = None
        self.said: list[Message] = []
        self.journal = journal

    async def send(self, message: Message) -> None:
        """What the wire says."""
        self.said.append(message)

    async def hear(self, sound: bytes) -> None:
        """Give it sound, frame by frame, with a chance for its tasks after each."""
        assert self.session is not None
        for at in range(0, len(sound), FRAME_BYTES):
            await self.session.sound(sound[at : at + FRAME_BYTES])
            await asyncio.sleep(0)

    async def tell(self, message: Mapping[str, Any]) -> bool:
        """Give it a text message."""
        assert self.session is not None
        return await self.session.message(message)

    async def until(self, wanted: Callable[[Message], Any], count: int = 1) -> list[Message]:
        """All such messages, as soon as there are so many; silence goes on meanwhile, in real time."""
        async with asyncio.timeout(_PATIENCE_S):
            while len(self.all(wanted)) < count:
                await self.hear(silence(20))
                await asyncio.sleep(0.01)
        return self.all(wanted)

    def all(self, wanted: Callable[[Message], Any]) -> list[Message]:
        """Such messages among what was said."""
        return [message for message in self.said if wanted(message)]


@asynccontextmanager
async def line(
    wire: type[Nova | Flux], recogniser: Recogniser, asked: Mapping[str, str], **settings: Any
) -> AsyncIterator[Line]:
    """A socket's insides, without the socket."""
    journal = Journal()
    made = Line(journal)
    dials = RuntimeSettings(
        DeepgramSandboxSettings(**{"stt_final_ms": 60, "stt_interim_ms": 200, **settings})
    )
    model = "nova-3" if wire is Nova else "flux-general-en"
    query = {"model": model, "encoding": "mulaw", "sample_rate": "8000", "tag": "CA1", **asked}
    async with asyncio.TaskGroup() as tasks:
        made.session = wire(tuple(query.items()), recogniser, dials, journal, made.send, tasks)
        await made.session.greet()
        yield made


def event(name: str) -> Callable[[Message], bool]:
    """Whether it is such an event of Flux, or a message of that type."""
    return lambda message: name in (message.get("event"), message["type"])


def transcript(results: Message) -> str:
    """Of Nova's Results."""
    return str(results["channel"]["alternatives"][0]["transcript"])
