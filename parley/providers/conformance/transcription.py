"""A transcription session for checks: sends speech as a call does and collects the events."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from parley.audio.conversion import converter
from parley.audio.formats import MULAW_8K, AudioFormat
from parley.audio.g711 import bytes_to_ms
from parley.errors import ProviderError
from parley.providers.conformance.check import ConformanceError
from parley.providers.conformance.subject import SttSubject
from parley.providers.stt import (
    FinalTranscript,
    InterimTranscript,
    ProviderTurn,
    SttConnection,
    SttEvent,
    SttProvider,
    Word,
)

EVENT_TIMEOUT_S = 5.0
_FRAME_MS = 20


@dataclass(frozen=True, slots=True)
class Speech:
    """A recording that the provider's server can transcribe."""

    mulaw: bytes
    """Mu-law at 8 kHz, without silence at its ends."""
    text: str
    """The words; empty if they do not matter."""

    @property
    def duration_ms(self) -> float:
        """Length of the recording."""
        return bytes_to_ms(len(self.mulaw))


@dataclass(frozen=True, slots=True)
class SttCase:
    """A speech-to-text provider under test, and what it is sent."""

    subject: SttSubject
    speech: Speech
    pace: float = float("inf")
    """Speed at which audio is sent, as a multiple of real time; a server may refuse more."""
    min_recognized: float = 0.5
    """Share of the words that must be recognized."""


@dataclass(slots=True)
class Session:
    """A connection that receives events, and what it has received."""

    connection: SttConnection
    audio_format: AudioFormat
    pace: float
    events: list[SttEvent] = field(default_factory=list)
    sent_ms: float = 0.0
    """Call time of the end of the audio sent."""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _receiving: asyncio.Task[None] | None = None

    async def on_event(self, event: SttEvent) -> None:
        """Collect an event."""
        self.events.append(event)
        self._changed.set()

    async def send(self, mulaw: bytes, message_ms: float = _FRAME_MS) -> None:
        """Send audio in messages of a duration, in the declared format."""
        audio = convert(mulaw, self.audio_format)
        size = self.audio_format.ms_to_bytes(message_ms)
        for begin in range(0, len(audio), size):
            message = audio[begin : begin + size]
            await self.connection.send(message, round(self.sent_ms))
            duration_ms = self.audio_format.bytes_to_ms(len(message))
            self.sent_ms += duration_ms
            await asyncio.sleep(duration_ms / 1000 / self.pace)

    async def send_silence(self, ms: float) -> None:
        """Send silence in frames of 20 ms."""
        await self.send(MULAW_8K.make_silence(ms))

    async def wait_for(self, what: str, reached: Callable[["Session"], object]) -> None:
        """Wait until a condition holds.

        Raises:
            ConformanceError: it does not hold in time; `what` names it.
            ProviderError: the connection is lost.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(EVENT_TIMEOUT_S):
                while not reached(self):
                    await self._wait_for_change()
                return
        raise ConformanceError(f"no {what} within {EVENT_TIMEOUT_S:g} s")

    async def lost(self) -> None:
        """Wait until `run` ends, and raise its error."""
        if self._receiving is not None:
            await self._receiving

    async def _wait_for_change(self) -> None:
        self._changed.clear()
        changed = asyncio.ensure_future(self._changed.wait())
        receiving = self._receiving or changed
        try:
            await asyncio.wait([changed, receiving], return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()
        if receiving.done() and receiving is not changed:
            receiving.result()
            raise ConformanceError("run() returned instead of raising ProviderError")

    @property
    def finals(self) -> list[FinalTranscript | ProviderTurn]:
        """The transcripts that will not change."""
        return [
            event
            for event in self.events
            if isinstance(event, FinalTranscript)
            or (isinstance(event, ProviderTurn) and event.event == "end")
        ]

    @property
    def text(self) -> str:
        """The final text, in lower case and without punctuation."""
        return plain(" ".join(event.text for event in self.finals))

    @property
    def words(self) -> list[Word]:
        """The words of the final transcripts."""
        return [word for event in self.finals for word in event.words]

    @property
    def any_text(self) -> str:
        """All text that has arrived, also interim."""
        texts = (
            event.text
            for event in self.events
            if isinstance(event, InterimTranscript | FinalTranscript | ProviderTurn)
        )
        return plain(" ".join(texts))


@asynccontextmanager
async def open_session(case: SttCase, provider: SttProvider, *, at_ms: float = 0.0) -> AsyncIterator[Session]:
    """Connect and receive events; audio begins at a call time."""
    async with provider.connect(case.subject.config, "CA0") as connection:
        session = Session(connection, case.subject.audio_format, case.pace, sent_ms=at_ms)
        receiving = asyncio.ensure_future(connection.run(session.on_event))
        session._receiving = receiving  # noqa: SLF001 - the session needs its own method for the task
        try:
            yield session
        finally:
            receiving.cancel()
            with suppress(ProviderError, asyncio.CancelledError):
                await receiving


def convert(mulaw: bytes, audio_format: AudioFormat) -> bytes:
    """Return the audio in a provider's format."""
    conversion = converter(MULAW_8K, audio_format)
    return mulaw if conversion is None else conversion.convert(mulaw) + conversion.flush()


def plain(text: str) -> str:
    """Return the words of a text in lower case."""
    return " ".join("".join(char if char.isalnum() else " " for char in text.lower()).split())


def recognized_share(text: str, expected: str) -> float:
    """Return the share of the expected words that occur in a text; without any, whether it has words."""
    words, found = plain(expected).split(), plain(text).split()
    if not words:
        return 1.0 if found else 0.0
    return sum(word in found for word in words) / len(words)
