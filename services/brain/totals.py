"""Counts of a conversation. No I/O, no clock."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts over the whole call."""

    last_turn: int = 0
    """Highest number of a finished turn of the caller."""
    inputs: int = 0
    """Turns and other inputs of the caller that needed an answer."""
    dtmf_inputs: int = 0
    replies: int = 0
    fillers: int = 0
    reconnect_apologies: int = 0
    discarded_speculations: int = 0
    tool_calls: int = 0
