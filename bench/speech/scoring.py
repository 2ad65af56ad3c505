"""Compares what the detector reported with the words that there are. No I/O, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.speech.labels import Span

_UTTERANCE_GAP_MS = 500.0
_LATEST_START_MS = 100.0
_EDGE_OF_WORD_MS = 80.0
_MIN_WORD_MS = 150.0


@dataclass(frozen=True, slots=True)
class Detection:
    """A stretch of speech that the detector reported."""

    start_ms: float
    detected_ms: float
    """End of the frame with which the start was reported."""
    end_ms: float
    ended_ms: float
    """End of the frame with which the end was reported."""


@dataclass(slots=True)
class Scores:
    """One value per utterance in milliseconds, and counts."""

    onset_delay_ms: list[float] = field(default_factory=list)
    """From the start of speech to its detection."""
    end_error_ms: list[float] = field(default_factory=list)
    """The reported end less the true end; negative is early."""
    end_delay_ms: list[float] = field(default_factory=list)
    """From the true end to the report."""
    words: int = 0
    """Words of at least 150 ms."""
    missed: list[Span] = field(default_factory=list)
    splits: int = 0
    """Ends reported in the middle of a word."""

    def add(self, other: "Scores") -> None:
        """Include other scores."""
        self.onset_delay_ms += other.onset_delay_ms
        self.end_error_ms += other.end_error_ms
        self.end_delay_ms += other.end_delay_ms
        self.words += other.words
        self.missed += other.missed
        self.splits += other.splits


def score(words: Sequence[Span], detections: Sequence[Detection]) -> Scores:
    """Score the detections in one call."""
    scores = Scores()
    spans = utterances(words)
    for number, span in enumerate(spans):
        next_ms = spans[number + 1].start_ms if number + 1 < len(spans) else float("inf")
        _score_utterance(span, next_ms, detections, scores)
    for word in words:
        if word.end_ms - word.start_ms < _MIN_WORD_MS:
            continue
        scores.words += 1
        if not any(
            d.detected_ms < word.end_ms + _UTTERANCE_GAP_MS / 2
            and d.ended_ms > word.start_ms
            and d.start_ms < word.end_ms
            for d in detections
        ):
            scores.missed.append(word)
        scores.splits += sum(
            word.start_ms < d.end_ms < word.end_ms - _EDGE_OF_WORD_MS and d.ended_ms < word.end_ms
            for d in detections
        )
    return scores


def utterances(words: Sequence[Span]) -> list[Span]:
    """Words with pauses of less than half a second between them, as one."""
    found: list[Span] = []
    for word in words:
        if found and word.start_ms - found[-1].end_ms < _UTTERANCE_GAP_MS:
            found[-1] = Span(found[-1].start_ms, word.end_ms)
        else:
            found.append(word)
    return found


def _score_utterance(span: Span, next_ms: float, detections: Sequence[Detection], scores: Scores) -> None:
    during = [
        d for d in detections if d.ended_ms > span.start_ms and d.start_ms < span.end_ms + _LATEST_START_MS
    ]
    if not during:
        return
    scores.onset_delay_ms.append(max(0.0, during[0].detected_ms - span.start_ms))
    ended = [d for d in during if d.end_ms < next_ms]
    if ended:
        scores.end_error_ms.append(ended[-1].end_ms - span.end_ms)
        scores.end_delay_ms.append(ended[-1].ended_ms - span.end_ms)
