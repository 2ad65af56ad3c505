"""The interface of the rules that judge whether the caller has finished. No I/O, no clock."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class TurnWords:
    """The words of a turn that is in progress."""

    text: str
    """The caller's words so far, final and interim."""
    agent_text: str = ""
    """The end of the agent's latest reply, which the caller answers."""


@dataclass(frozen=True, slots=True)
class TurnCompletion:
    """How complete the words of a turn are, expressed as the silence that must follow before it may end."""

    min_silence_ms: int = 0
    """0 if the provider's signal suffices."""
    incomplete: bool = False
    """Whether the caller will most probably continue: the provider's signal is not enough."""
    speculate_after_ms: int = 0
    """Silence after which an answer may be prepared."""


class CompletionRules(Protocol):
    """Judges the words of a turn; called with each transcript, so it must take less than a millisecond."""

    def assess(self, words: TurnWords) -> TurnCompletion:
        """Return how complete the words are."""
