"""Restores the order of one subject's audio; the current owner's chunks, each once. No I/O, no clock."""

from typing import Generic, Protocol, TypeVar

from parley.telemetry.counts import MessageCounts


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

    def __init__(self, counts: MessageCounts | None = None) -> None:
        self._counts = counts if counts is not None else MessageCounts()
        self._started = False
        self._epoch = self._sequence = 0
        self._waiting: dict[int, Chunk] = {}
        self._ends: dict[int, int] = {}
        """Last sequence of each former epoch, after which its chunks are stale and not repeated."""

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
            self._counts.stale_audio += chunk.sequence > self._ends.get(chunk.epoch, chunk.sequence)
            return []
        due: list[Chunk] = []
        if chunk.epoch > self._epoch:
            due = self.skip_gap()
            if self._started:
                self._ends[self._epoch] = self._sequence
            from_first = self._started and chunk.sequence <= _MAX_RETRANSMITTED
            self._sequence = 0 if from_first else chunk.sequence - 1
            self._started, self._epoch = True, chunk.epoch
        fills_gap = bool(self._waiting) and chunk.sequence == self._sequence + 1
        self._waiting[chunk.sequence] = chunk
        while self._sequence + 1 in self._waiting:
            self._sequence += 1
            due.append(self._waiting.pop(self._sequence))
        # A gap of several chunks is filled from its start, and is counted with its last one.
        self._counts.gaps_filled += fills_gap and len(due) > 1
        return due

    def skip_gap(self) -> list[Chunk]:
        """Stop waiting for the missing chunks, and return the buffered ones in order."""
        due = [chunk for _, chunk in sorted(self._waiting.items())]
        self._waiting.clear()
        for chunk in due:
            self._counts.gaps_skipped += chunk.sequence > self._sequence + 1
            self._sequence = chunk.sequence
        return due
