"""Plain counters of a process, exported when scraped: adding to one costs next to nothing. No I/O."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class SnapshotCounts:
    """Snapshots that one process has stored and found."""

    stored: int = 0
    too_large: int = 0
    """Snapshots that the bus does not accept: the previous one remains."""
    used: int = 0
    """Takeovers that began at a snapshot."""
    ignored: int = 0
    """Snapshots that were damaged, or written with another version of the state."""
    unavailable: int = 0
    """Takeovers for which the stream did not reply."""


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
    snapshots: SnapshotCounts = field(default_factory=SnapshotCounts)
