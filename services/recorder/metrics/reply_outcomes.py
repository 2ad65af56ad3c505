"""Replies of the agent by kind, their interruptions, and the use of speculation. No I/O, no clock."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from parley.events.envelope import Body
from parley.telemetry.catalogue.cost import SPECULATION_DISCARDED_CHARACTERS
from parley.telemetry.catalogue.metric import Metric
from parley.telemetry.catalogue.quality import INTERRUPTIONS, REPLIES, SPECULATIONS
from parley.v1 import call_pb2, playback_pb2, reply_pb2
from services.recorder.metrics.observation import Observation

_MAX_STARTED = 64
"""Number of replies remembered: a reply is started again within seconds, or not at all."""

_KINDS = {
    kind: name.removeprefix("REPLY_KIND_").lower()
    for name, kind in reply_pb2.ReplyKind.items()
    if kind != reply_pb2.REPLY_KIND_UNSPECIFIED
}


@dataclass(slots=True)
class _Speculation:
    """A speculative reply that was neither released nor cancelled yet."""

    kind: str
    characters: dict[int, int] = field(default_factory=dict)
    """Length of each clause."""


@dataclass(slots=True)
class ReplyOutcomes:
    """Counts each reply of a call once, even if the next owner of the brain starts it again."""

    _started: list[str] = field(default_factory=list)
    """The latest replies."""
    _speculations: dict[str, _Speculation] = field(default_factory=dict)
    _paused: str = ""
    """The reply that the caller's speech has paused."""

    def apply(self, body: Body | None, _at_ms: int) -> Sequence[Observation]:
        """Return what an event adds to the metrics."""
        match body:
            case reply_pb2.ReplyStarted() if body.reply_id not in self._started:
                return self._start(body)
            case reply_pb2.ReplyClause() if body.reply_id in self._speculations:
                self._speculations[body.reply_id].characters[body.clause] = len(body.text)
            case reply_pb2.ReplyReleased() if body.reply_id in self._speculations:
                kind = self._speculations.pop(body.reply_id).kind
                return [_of(SPECULATIONS, outcome="used"), _of(REPLIES, kind=kind)]
            case reply_pb2.ReplyCancelled() if body.reply_id in self._speculations:
                return list(self._discard(body.reply_id))
            case call_pb2.CallEnded():
                return [found for reply_id in list(self._speculations) for found in self._discard(reply_id)]
            case playback_pb2.PlaybackPaused():
                self._paused = body.reply_id
            case reply_pb2.ReplyResumed() if body.reply_id == self._paused:
                return self._interrupted("false_alarm")
            case playback_pb2.BargeIn() if body.reply_id == self._paused:
                return self._interrupted("barge_in")
            case _:
                pass
        return ()

    def _start(self, started: reply_pb2.ReplyStarted) -> Sequence[Observation]:
        self._started.append(started.reply_id)
        del self._started[:-_MAX_STARTED]
        kind = _kind(started.kind)
        if started.speculative:
            self._speculations[started.reply_id] = _Speculation(kind)
            return ()
        return [_of(REPLIES, kind=kind)]

    def _discard(self, reply_id: str) -> Iterator[Observation]:
        characters = sum(self._speculations.pop(reply_id).characters.values())
        yield _of(SPECULATIONS, outcome="discarded")
        yield Observation(SPECULATION_DISCARDED_CHARACTERS, value=characters)

    def _interrupted(self, outcome: str) -> Sequence[Observation]:
        self._paused = ""
        return [_of(INTERRUPTIONS, outcome=outcome)]


def _kind(kind: reply_pb2.ReplyKind) -> str:
    """The name of a kind; those of later versions are unknown."""
    return _KINDS.get(kind, "unknown")


def _of(metric: Metric, **labels: str) -> Observation:
    return Observation(metric, labels)
