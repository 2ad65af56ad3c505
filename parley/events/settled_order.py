"""Restores the order of stored events, and separates those with a final place. No I/O."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from parley.bus import Message
from parley.events.envelope import parse
from parley.events.fencing import EventFence
from parley.events.ordering import restore_stage_order
from parley.v1.event_pb2 import Event

SETTLE_US = 30_000_000
"""An event whose ack was lost is stored again within seconds, behind events that followed it."""
_MAX_UNSETTLED = 2000
"""Limit of the unsettled events, in case the clock of a process is fast."""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event and its sequence in the stream CALLS."""

    sequence: int
    event: Event


@dataclass(slots=True)
class SettledOrder:
    """Reads stored events in batches, and returns them in order once they are settled.

    After each batch, the events returned so far are exactly those stored up to `position`, without the
    discarded ones.
    """

    fence: EventFence
    """Has admitted all events read."""
    position: int = 0
    """Sequence up to which every event has been returned or discarded."""
    unsettled: list[StoredEvent] = field(default_factory=list)
    """Events that were read and not returned yet, in order."""

    def add(self, stored: Iterable[StoredEvent]) -> list[StoredEvent]:
        """Add the next stored events; return those that are settled now."""
        self.unsettled += [one for one in stored if self.fence.admit(one.event)]
        in_order = restore_stage_order([one.event for one in self.unsettled])
        sequence_of = {id(one.event): one.sequence for one in self.unsettled}
        self.unsettled = [StoredEvent(sequence_of[id(event)], event) for event in in_order]
        settled, self.unsettled = self._split()
        if settled:
            self.position = max(one.sequence for one in settled)
        return settled

    def add_messages(self, messages: Iterable[Message]) -> list[Event]:
        """Add the next stored messages, without those that are not events; return as `add` does."""
        parsed = ((message.sequence, parse(message.data)) for message in messages)
        stored = [StoredEvent(sequence, event) for sequence, event in parsed if event is not None]
        return [one.event for one in self.add(stored)]

    def _split(self) -> tuple[list[StoredEvent], list[StoredEvent]]:
        """Split at the last place where every event before it is stored before every one behind it."""
        events = self.unsettled
        newest_us = max((one.event.sent_at_us for one in events), default=0)
        recent = (n for n, one in enumerate(events) if one.event.sent_at_us > newest_us - SETTLE_US)
        limit = max(next(recent, len(events)), len(events) - _MAX_UNSETTLED)
        in_order = sorted(one.sequence for one in events)
        cut = highest = 0
        for count, one in enumerate(events[:limit], 1):
            highest = max(highest, one.sequence)
            if highest == in_order[count - 1]:
                cut = count
        return events[:cut], events[cut:]
