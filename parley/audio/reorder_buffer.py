"""Restores the order of one subject's audio; the current owner's chunks, each once. No I/O, no clock."""

from typing import Generic, Protocol, TypeVar


class Sequenced(Protocol):
    """A chunk with its owner's numbering."""

    @property
    def epoch(self) -> int:
        """The owner's epoch."""

    @property
    def sequence(self) -> int:
        """Counts from 1 in each epoch."""


_MAX_RETRANSMITTED = 1000
"""A gap of more chunks than this cannot be filled by retransmission and is not waited for."""

Chunk = TypeVar("Chunk", bound=Sequenced)


class AudioReorderBuffer(Generic[Chunk]):
    """Buffers the chunks that follow a gap until the gap is filled or skipped.

    The sequence starts at the first chunk pushed, unless `start_after` was called; a later epoch starts at
    its sequence 1.
    """

    def __init__(self) -> None:
        self._started = False
        self._epoch = self._sequence = 0
        self._waiting: dict[int, Chunk] = {}

    @property
    def gap(self) -> tuple[int, int] | None:
        """Epoch and sequence of the first missing chunk; None without a gap."""
        return (self._epoch, self._sequence + 1) if self._waiting else None

    def start_after(self, epoch: int, sequence: int) -> None:
        """Discard chunks up to this one, and treat any missing chunk after it as a gap."""
        self._started = True
        self._epoch, self._sequence = epoch, sequence

    def push(self, chunk: Chunk) -> list[Chunk]:
        """Return the chunks that are now in order; drop duplicates and chunks of a stale epoch."""
        if (chunk.epoch, chunk.sequence) <= (self._epoch, self._sequence):
            return []
        due: list[Chunk] = []
        if chunk.epoch > self._epoch:
            due = self.skip_gap()
            from_first = self._started and chunk.sequence <= _MAX_RETRANSMITTED
            self._sequence = 0 if from_first else chunk.sequence - 1
            self._started, self._epoch = True, chunk.epoch
        self._waiting[chunk.sequence] = chunk
        while self._sequence + 1 in self._waiting:
            self._sequence += 1
            due.append(self._waiting.pop(self._sequence))
        return due

    def skip_gap(self) -> list[Chunk]:
        """Stop waiting for the missing chunks, and return the buffered ones in order."""
        due = [chunk for _, chunk in sorted(self._waiting.items())]
        self._waiting.clear()
        if due:
            self._sequence = due[-1].sequence
        return due
