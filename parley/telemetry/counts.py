"""Plain counters of a process, exported when scraped: adding to one costs next to nothing. No I/O."""

from dataclasses import dataclass


@dataclass(slots=True)
class MessageCounts:
    """Messages that the readers of one connection to the bus discarded and missed."""

    stale_events: int = 0
    """Events of a stale owner that were discarded."""
    stale_audio: int = 0
    """Audio chunks of a stale owner that were discarded."""
    gaps_filled: int = 0
    """Gaps in the audio whose chunks arrived in time."""
    gaps_skipped: int = 0
    """Gaps in the audio that were skipped."""
