"""The protocol of a speech-to-text provider."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from parley.agent_config import SttConfig

ProviderTurnEvent = Literal["update", "start", "eager", "resumed", "end"]
"""New words, speech began, turn probably over, turn not over after all, turn over."""


@dataclass(frozen=True, slots=True)
class Word:
    """A transcribed word and its call time."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float


@dataclass(frozen=True, slots=True)
class InterimTranscript:
    """Text of the audio after the last final transcript; a later one replaces it."""

    text: str
    words: tuple[Word, ...]
    end_ms: int
    """Call time of the end of the transcribed audio."""
    languages: tuple[str, ...] = ()
    """Tags of the detected languages, the dominant one first; empty without detection."""


@dataclass(frozen=True, slots=True)
class FinalTranscript:
    """Text of a stretch of audio that will not change."""

    text: str
    words: tuple[Word, ...]
    end_ms: int
    """Call time of the end of the transcribed audio."""
    speech_final: bool = False
    """Whether the provider detected a pause at its end."""
    languages: tuple[str, ...] = ()
    """Tags of the detected languages, the dominant one first; empty without detection."""


@dataclass(frozen=True, slots=True)
class UtteranceEnd:
    """The provider found a long gap after the last word."""

    last_word_end_ms: int | None = None
    """Call time of the end of that word; None if unknown."""


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """A message without content, which shows that the provider still responds."""


@dataclass(frozen=True, slots=True)
class ProviderTurn:
    """The state of the whole current turn, from a provider that detects turns itself."""

    text: str
    words: tuple[Word, ...]
    end_ms: int
    """Call time of the end of the transcribed audio."""
    event: ProviderTurnEvent
    provider_turn: str
    """The provider's id of the turn, unique within the call."""
    languages: tuple[str, ...] = ()
    """Tags of the detected languages, the dominant one first; empty without detection."""


SttEvent: TypeAlias = InterimTranscript | FinalTranscript | UtteranceEnd | KeepAlive | ProviderTurn


class SttConnection(Protocol):
    """A streaming connection for one call. Every method raises ProviderError when the connection fails."""

    async def send(self, audio: bytes, at_ms: int) -> None:
        """Send audio in the format that the plugin declares, which begins at call time `at_ms`.

        It follows what was sent before, unless the call has a gap there.
        """

    async def finalize(self) -> None:
        """Request a final transcript of the audio sent so far, or the end of the turn."""

    async def keep_alive(self) -> None:
        """Keep the connection open while no audio arrives; called every 4 s."""

    async def run(self, on_event: Callable[[SttEvent], Awaitable[None]]) -> None:
        """Deliver events until the connection is lost, then raise ProviderError."""


class SttProvider(Protocol):
    """A speech-to-text provider of one process; opened by its plugin, shared by all calls."""

    def detects_turns(self, config: SttConfig) -> bool:
        """Whether this model decides when a turn ends and sends ProviderTurn."""

    def connect(self, config: SttConfig, call_sid: str) -> AbstractAsyncContextManager[SttConnection]:
        """Open a connection for one call; entering raises ProviderError if none opens in time."""


@runtime_checkable
class FinalizesOnRequest(Protocol):
    """An SttProvider some of whose models send a final transcript only after `finalize`."""

    def finalize_after_ms(self, config: SttConfig) -> int | None:
        """Silence after which the stage calls `finalize`, in ms; None if the model needs no request."""


@runtime_checkable
class ReportsSilence(Protocol):
    """An SttProvider some of whose models send events for audio without words too."""

    def reports_silence(self, config: SttConfig) -> bool:
        """Whether the model sends events at least every 2 s while it gets audio, whatever it contains.

        Silence of such a model shows within seconds that it hangs.
        """
