"""Outcomes and latencies of the caller's turns. No I/O, no clock."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from parley.latency.projection import TurnLatencies
from parley.latency.turn import TurnLatency
from parley.telemetry.catalogue.quality import TURNS
from parley.telemetry.catalogue.turns import TURN_LATENCY, TURN_OVERHEAD, TURN_PART, TURN_PLAYOUT_DELAY
from parley.v1.event_pb2 import Event
from services.recorder.metrics.observation import Observation

_ENDS_WITHOUT_MARK = ("playback_paused", "barge_in", "turn_ended", "call_ended")
"""Events after which the reply's first playback mark can no longer be expected."""


_MAX_REPLIES = 32
"""Number of replies without a turn, such as idle prompts, that are kept until the next turn is observed."""


@dataclass(slots=True)
class TurnOutcomes:
    """Observes each turn of one call once: when the reply to it was played, or will not be.

    At most two turns are open at a time, so that neither the work per event nor the state grows with the
    call.
    """

    _latencies: TurnLatencies = field(default_factory=TurnLatencies)
    _last_turn: int = 0
    _open: set[int] = field(default_factory=set)
    """Turns that have ended but were not observed yet."""

    def apply(self, event: Event) -> Sequence[Observation]:
        """Return the observations of turns whose outcome an event decides."""
        self._latencies.apply(event)
        if event.HasField("turn_ended") and event.turn_ended.turn > self._last_turn:
            self._last_turn = event.turn_ended.turn
            self._open.add(self._last_turn)
        found: list[Observation] = []
        if self._open:
            found = [*self._answered(event), *self._unanswered(call_ended=event.HasField("call_ended"))]
        if found or len(self._latencies.replies) > _MAX_REPLIES:
            self._latencies.forget_answered(self._open)
        return found

    def _answered(self, event: Event) -> Iterator[Observation]:
        ended = event.WhichOneof("body") in _ENDS_WITHOUT_MARK
        for turn in sorted(self._open):
            latency = self._latencies.turn(turn)
            if latency.latency_ms is not None and (ended or latency.first_played_ms is not None):
                self._open.discard(turn)
                # The caller continued after an earlier turn, and this answer is to both.
                yield from self._abandon(turn, "interrupted")
                yield Observation(TURNS, {"outcome": "answered"})
                yield from _latency(latency)

    def _unanswered(self, *, call_ended: bool) -> Iterator[Observation]:
        yield from self._abandon(self._last_turn - 1, "interrupted")
        if call_ended:
            yield from self._abandon(self._last_turn, "interrupted")
            yield from self._abandon(self._last_turn + 1, "unanswered")

    def _abandon(self, before: int, outcome: str) -> Iterator[Observation]:
        """Close the open turns before one with the outcome."""
        for turn in sorted(turn for turn in self._open if turn < before):
            self._open.discard(turn)
            yield Observation(TURNS, {"outcome": outcome})


def _latency(latency: TurnLatency) -> Iterator[Observation]:
    whole = (
        (TURN_LATENCY, latency.latency_ms),
        (TURN_OVERHEAD, latency.overhead_ms),
        (TURN_PLAYOUT_DELAY, latency.playout_delay_ms),
    )
    for metric, took_ms in whole:
        if took_ms is not None:
            yield Observation(metric, value=took_ms / 1000, turn=latency.turn)
    for part, took_ms in latency.parts_ms.items():
        source = latency.waited_for[part]
        labels = {"part": part, "provider": source.provider, "model": source.model}
        yield Observation(TURN_PART, labels, took_ms / 1000, latency.turn)
