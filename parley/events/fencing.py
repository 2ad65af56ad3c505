"""Drop what a past owner still says, and what was heard before. No I/O."""

from dataclasses import dataclass, field

from parley.v1.event_pb2 import Event


@dataclass(slots=True)
class EventFence:
    """Remembers each stage's highest epoch and each event heard, for one call."""

    _floor: dict[str, int] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)

    def admit(self, event: Event) -> bool:
        """True for an event that is new and said by the stage's present owner; remembers it."""
        if event.id in self._seen:
            return False
        floor = self._floor.get(event.stage, 0)
        if event.epoch < floor:
            return False
        self._floor[event.stage] = event.epoch
        self._seen.add(event.id)
        return True

    def epoch_of(self, stage: str) -> int:
        """Highest epoch heard of a stage; 0 for none."""
        return self._floor.get(stage, 0)
