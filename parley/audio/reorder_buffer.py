"""One subject's sound in the order of saying, each piece once, of its present owner. No I/O, no clock."""

from typing import Generic, Protocol, TypeVar


class Sequenced(Protocol):
    """A chunk as its owner numbers it."""

    @property
    def epoch(self) -> int:
        """Of the owner."""

    @property
    def sequence(self) -> int:
        """Counts from 1 in each epoch."""


_MAX_RETRANSMITTED = 1000
"""Nobody can fill a longer hole than this many chunks: it is not waited for."""

Chunk = TypeVar("Chunk", bound=Sequenced)


class AudioReorderBuffer(Generic[Chunk]):
    """Holds what comes behind a hole until that is filled, or given up.

    The first chunk of all is where it begins, unless that is told; a later owner begins with its first.
    """

    def __init__(self) -> None:
        self._begun = False
        self._epoch = self._sequence = 0
        self._early: dict[int, Chunk] = {}

    @property
    def gap(self) -> tuple[int, int] | None:
        """Epoch and sequence of what others wait for; None where nothing lacks."""
        return (self._epoch, self._sequence + 1) if self._early else None

    def start_after(self, epoch: int, sequence: int) -> None:
        """No chunk up to this one is wanted; all that come after it are."""
        self._begun = True
        self._epoch, self._sequence = epoch, sequence

    def push(self, chunk: Chunk) -> list[Chunk]:
        """What may be heard now that this has come; what is of a past owner, or known, is dropped."""
        if (chunk.epoch, chunk.sequence) <= (self._epoch, self._sequence):
            return []
        due: list[Chunk] = []
        if chunk.epoch > self._epoch:
            due = self.skip_gap()
            from_first = self._begun and chunk.sequence <= _MAX_RETRANSMITTED
            self._sequence = 0 if from_first else chunk.sequence - 1
            self._begun, self._epoch = True, chunk.epoch
        self._early[chunk.sequence] = chunk
        while self._sequence + 1 in self._early:
            self._sequence += 1
            due.append(self._early.pop(self._sequence))
        return due

    def skip_gap(self) -> list[Chunk]:
        """What waits, in order: the hole before it stays."""
        due = [chunk for _, chunk in sorted(self._early.items())]
        self._early.clear()
        if due:
            self._sequence = due[-1].sequence
        return due
