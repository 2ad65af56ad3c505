"""What a transcriber must be able to do for stt."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from services.stt.endpointing import ProviderTurn
from services.stt.transcript import HeardWord


@dataclass(frozen=True, slots=True)
class Guess:
    """What the provider thinks it hears in what is not final."""

    text: str
    words: tuple[HeardWord, ...]
    end_ms: int
    """Call time up to which it reaches."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """A stretch of sound is finally heard."""

    text: str
    words: tuple[HeardWord, ...]
    until_ms: int
    """Call time up to which it reaches."""
    speech_final: bool = False


@dataclass(frozen=True, slots=True)
class UtteranceEnded:
    """A long gap between words."""


@dataclass(frozen=True, slots=True)
class Alive:
    """A word that changes nothing, but shows that the provider listens."""


@dataclass(frozen=True, slots=True)
class TurnHeard:
    """From providers that decide on turns themselves: the whole turn so far, and what they think of it."""

    text: str
    words: tuple[HeardWord, ...]
    until_ms: int
    event: ProviderTurn
    provider_turn: str
    """The provider's name of the turn, unlike that of any other turn of the call."""


Heard = Guess | Fixed | UtteranceEnded | Alive | TurnHeard


class Connection(Protocol):
    """One socket to the provider; every method raises ProviderError."""

    async def send(self, mulaw: bytes, at_ms: int) -> None:
        """Sound that follows on what was sent before, and the call time at which it begins."""

    async def finalize(self) -> None:
        """Make the guess final now, or end the turn where the provider decides on turns."""

    async def keep_alive(self) -> None:
        """The call goes on, though silent."""

    async def run(self, heard: Callable[[Heard], Awaitable[None]]) -> None:
        """Long-lived: tell what is heard until the socket is lost, then raise."""
