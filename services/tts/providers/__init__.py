"""What a provider of voices does for one reply of one call."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from services.tts.alignment import Character


@dataclass(frozen=True, slots=True)
class Sound:
    """A piece of a reply's sound, as it comes."""

    mulaw: bytes
    characters: tuple[Character, ...] = ()
    """Times relative to this piece; they may reach beyond it. Empty when the provider tells none."""
    ends_clause: bool = False
    """The provider is certain that the clause in hand ends with this piece."""


class Utterance(Protocol):
    """One reply at the provider: clauses go in, sound comes out. Every method raises ProviderError."""

    async def say(self, text: str) -> None:
        """Speak a clause now."""

    async def finish(self) -> None:
        """No further clause comes."""

    def sounds(self) -> AsyncGenerator[Sound, None]:
        """Sound in order; ends when all of it has come after `finish`."""


class Voice(Protocol):
    """Makes utterances. Leaving one early drops what was not yet made."""

    def utter(self, name: str) -> AbstractAsyncContextManager[Utterance]:
        """Begin a reply; `name` tells it from all others of the call."""
