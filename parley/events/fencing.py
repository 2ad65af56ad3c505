"""Discards messages of a stale owner, and duplicates. No I/O."""

from dataclasses import dataclass, field

from parley.telemetry.counts import MessageCounts
from parley.v1.event_pb2 import Event


@dataclass(slots=True)
class EventFence:
    """Tracks, for one call, each stage's highest epoch and the events admitted."""

    counts: MessageCounts = field(default_factory=MessageCounts)
    """Counts the discarded events."""
    _epochs: dict[str, int] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)

    def admit(self, event: Event) -> bool:
        """Record an event; True if it is new and from the stage's current owner."""
        if event.id in self._seen:
            return False
        if event.epoch < self._epochs.get(event.stage, 0):
            self.counts.stale_events += 1
            self._seen.add(event.id)
            return False
        self._epochs[event.stage] = event.epoch
        self._seen.add(event.id)
        return True
