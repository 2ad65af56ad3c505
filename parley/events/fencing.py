"""Discards messages of a stale owner, and duplicates. No I/O."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from parley.telemetry.counts import MessageCounts
from parley.v1.event_pb2 import Event
from parley.v1.snapshot_pb2 import AdmittedEvents

_MAX_RANGES = 1000
"""Number of ranges kept of each epoch. An event is stored out of order within seconds, so that far fewer than
1,000 gaps are still open; the events in older gaps count as seen."""


class SequenceSet:
    """A set of sequence numbers, kept as ranges: its size depends on the gaps, not on the numbers."""

    __slots__ = ("_ends", "_starts")

    def __init__(self, starts: Iterable[int] = (), ends: Iterable[int] = ()) -> None:
        self._starts = list(starts)
        self._ends = list(ends)
        """The last sequence of each range."""

    @property
    def ranges(self) -> tuple[list[int], list[int]]:
        """The first and the last sequence of each range, ascending."""
        return list(self._starts), list(self._ends)

    def copy(self) -> "SequenceSet":
        """An independent set with the same sequences."""
        return SequenceSet(self._starts, self._ends)

    def __contains__(self, sequence: int) -> bool:
        at = bisect_right(self._starts, sequence) - 1
        return at >= 0 and sequence <= self._ends[at]

    def contains_range(self, start: int, end: int) -> bool:
        """Whether the set contains every sequence from `start` to `end`."""
        at = bisect_right(self._starts, start) - 1
        return at >= 0 and end <= self._ends[at]

    def add(self, sequence: int) -> bool:
        """Add a sequence; False if the set contains it."""
        starts, ends = self._starts, self._ends
        at = bisect_right(starts, sequence)
        if at and sequence <= ends[at - 1]:
            return False
        joins_before = at > 0 and ends[at - 1] + 1 == sequence
        joins_after = at < len(starts) and sequence + 1 == starts[at]
        if joins_before and joins_after:
            ends[at - 1] = ends[at]
            del starts[at], ends[at]
        elif joins_before:
            ends[at - 1] = sequence
        elif joins_after:
            starts[at] = sequence
        else:
            starts.insert(at, sequence)
            ends.insert(at, sequence)
            if len(starts) > _MAX_RANGES:
                del starts[1], ends[0]
        return True


@dataclass(slots=True)
class _StageEvents:
    """The events of a stage's current owner and of the one before it."""

    epoch: int
    seen: SequenceSet = field(default_factory=SequenceSet)
    previous_epoch: int = -1
    previous: SequenceSet = field(default_factory=SequenceSet)


@dataclass(slots=True)
class EventFence:
    """Tracks, for one call, each stage's highest epoch and the events admitted, in bounded memory."""

    counts: MessageCounts = field(default_factory=MessageCounts)
    """Counts the discarded events."""
    _stages: dict[str, _StageEvents] = field(default_factory=dict)

    def admit(self, event: Event) -> bool:
        """Record an event; True if it is new and from the stage's current owner."""
        stage = self._stages.get(event.stage)
        if stage is None:
            stage = self._stages[event.stage] = _StageEvents(event.epoch)
        elif event.epoch > stage.epoch:
            stage.previous_epoch, stage.previous = stage.epoch, stage.seen
            stage.epoch, stage.seen = event.epoch, SequenceSet()
        elif event.epoch < stage.epoch:
            # Of older epochs than the previous one, a repetition counts as stale once more.
            if event.epoch != stage.previous_epoch or stage.previous.add(event.sequence):
                self.counts.stale_events += 1
            return False
        return stage.seen.add(event.sequence)

    def epoch_of(self, stage: str) -> int:
        """The highest epoch of a stage's events; 0 without one."""
        found = self._stages.get(stage)
        return 0 if found is None else found.epoch

    def would_admit(self, event: Event) -> bool:
        """Whether `admit` would return True; records nothing."""
        stage = self._stages.get(event.stage)
        if stage is None or event.epoch > stage.epoch:
            return True
        return event.epoch == stage.epoch and event.sequence not in stage.seen

    def has_admitted_all_of(self, other: "EventFence", *, except_stage: str = "") -> bool:
        """Whether every event of a current owner in another fence was admitted here, or is stale."""
        for theirs in other.dump():
            own = self._stages.get(theirs.stage)
            if theirs.stage == except_stage or (own is not None and own.epoch > theirs.epoch):
                continue
            if own is None or own.epoch < theirs.epoch:
                return False
            ranges = zip(theirs.starts, theirs.ends, strict=True)
            if not all(own.seen.contains_range(start, end) for start, end in ranges):
                return False
        return True

    def copy(self, counts: MessageCounts | None = None) -> "EventFence":
        """An independent fence that has admitted the same events; `counts` replaces the counter."""
        stages = {
            name: _StageEvents(one.epoch, one.seen.copy(), one.previous_epoch, one.previous.copy())
            for name, one in self._stages.items()
        }
        return EventFence(self.counts if counts is None else counts, stages)

    def dump(self) -> list[AdmittedEvents]:
        """The admitted events of the current owners, for a snapshot."""
        dumped = []
        for name, stage in self._stages.items():
            starts, ends = stage.seen.ranges
            dumped.append(AdmittedEvents(stage=name, epoch=stage.epoch, starts=starts, ends=ends))
        return dumped

    @classmethod
    def load(cls, dumped: Iterable[AdmittedEvents], counts: MessageCounts | None = None) -> "EventFence":
        """The fence of a snapshot."""
        stages: Mapping[str, _StageEvents] = {
            one.stage: _StageEvents(one.epoch, SequenceSet(one.starts, one.ends)) for one in dumped
        }
        return cls(MessageCounts() if counts is None else counts, dict(stages))
