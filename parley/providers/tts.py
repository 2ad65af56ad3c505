"""The protocol of a text-to-speech provider."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from parley.agent_config import TtsConfig


@dataclass(frozen=True, slots=True)
class CharTiming:
    """A character of the text and the time at which it is audible."""

    text: str
    start_ms: float
    end_ms: float


@dataclass(frozen=True, slots=True)
class AudioChunk:
    """The next piece of a reply's audio."""

    audio: bytes
    """Mono, in the format that the plugin declares; may be empty."""
    char_timings: tuple[CharTiming, ...] = ()
    """Times are relative to the start of this chunk; they may extend beyond it, and be negative if they come
    after their audio. Empty without alignment."""
    ends_clause: bool = False
    """Whether the current clause certainly ends with this chunk."""


@dataclass(frozen=True, slots=True)
class TextSupport:
    """Abilities of a section's voice beyond plain words."""

    numbers: bool = False
    """Whether it reads numbers, dates, times and amounts correctly by itself."""
    ssml: bool = False
    """Whether it takes SSML tags such as `<break time="0.5s"/>`."""
    audio_tags: bool = False
    """Whether it takes audio tags such as `[laughs]`."""


class SynthesisStream(Protocol):
    """One reply: clauses in, audio out. Every method raises ProviderError when the provider fails."""

    async def send_text(self, text: str) -> None:
        """Synthesize a clause without waiting for more text."""

    async def end_input(self) -> None:
        """Signal the end of the text."""

    def audio(self) -> AsyncGenerator[AudioChunk]:
        """Yield audio in order; ends when all of it was yielded after `end_input`."""


@runtime_checkable
class ReportsWarmth(Protocol):
    """A SynthesisStream of a connection whose first audio takes longer than later audio."""

    @property
    def warm(self) -> bool:
        """Whether its connection has sent audio before."""


class TtsConnection(Protocol):
    """One call's access to the provider with one voice."""

    def open_stream(self, reply_id: str) -> AbstractAsyncContextManager[SynthesisStream]:
        """Begin a reply; several may be open at once. Exiting early discards outstanding audio."""


class TtsProvider(Protocol):
    """A text-to-speech provider of one process; opened by its plugin, shared by all calls."""

    def connect(self, config: TtsConfig, call_sid: str) -> AbstractAsyncContextManager[TtsConnection]:
        """Prepare for one call: entering returns at once, and may open a connection in the background."""
