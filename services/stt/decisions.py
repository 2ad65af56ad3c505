"""Decisions of endpointing about the caller's turn. No I/O."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EndTurn:
    """The turn has ended."""

    decided_by: str
    """"speech_final", "utterance_end", "silence", "incomplete_turn_silence", "provider_turn"."""


@dataclass(frozen=True, slots=True)
class EagerEndOfTurn:
    """The turn is probably over, with the current words."""


@dataclass(frozen=True, slots=True)
class ResumeTurn:
    """The turn continues after an EagerEndOfTurn."""


@dataclass(frozen=True, slots=True)
class RequestFinalize:
    """Request that the provider make its interim transcript final now."""


Decision = EndTurn | EagerEndOfTurn | ResumeTurn | RequestFinalize
