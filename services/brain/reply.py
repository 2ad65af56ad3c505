"""One reply of the agent: its text, its synthesis and its playback. No I/O, no clock."""

from dataclasses import dataclass, replace

from parley.audio.g711 import SAMPLES_PER_MS
from parley.audio.playout_position import PlaybackEvent, PlayoutPosition
from parley.events.envelope import Body
from parley.v1 import playback_pb2, reply_pb2, synthesis_pb2


@dataclass(frozen=True, slots=True)
class SynthesizedClause:
    """The end of a clause and of each of its words, in samples of the reply's audio."""

    end_sample: int
    words: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply of the agent, folded from its events."""

    reply_id: str
    turn: int
    kind: int = reply_pb2.REPLY_KIND_ANSWER
    clauses: tuple[str, ...] = ()
    finished: str = ""
    """Reason why the text is complete; empty while it is incomplete."""
    cancelled: str = ""
    """Reason why the rest is not played; empty if it will be."""
    synthesized: tuple[SynthesizedClause, ...] = ()
    played_samples: int = 0
    audible: bool = False
    """Whether playback has started."""
    paused: bool = False
    predicted_text: str = ""
    """Transcript that the reply answers, if it was started before the end of the turn."""
    speculative: bool = False
    """Whether it was started on a predicted turn and is not released for playback yet."""
    uninterruptible: bool = False
    """Whether the caller's speech does not stop it."""
    done: bool = False
    """Whether playback has ended, or nothing is left to play."""

    @property
    def text(self) -> str:
        """All text generated up to now."""
        return "".join(self.clauses)

    @property
    def remaining_ms(self) -> float:
        """Duration of audio not played yet; infinite while text or synthesis is incomplete."""
        if not self.finished or len(self.synthesized) < len(self.clauses):
            return float("inf")
        end_sample = self.synthesized[-1].end_sample if self.synthesized else 0
        return max(0, end_sample - self.played_samples) / SAMPLES_PER_MS

    @property
    def played_text(self) -> str:
        """The words that were played completely."""
        words: list[str] = []
        for text, clause in zip(self.clauses, self.synthesized, strict=False):
            if clause.end_sample <= self.played_samples:
                words.append(text.strip())
                continue
            words += [word for word, end in clause.words if end <= self.played_samples]
            break
        return " ".join(words)


def evolve(reply: Reply, body: Body) -> Reply:
    """Return the reply after one of its events."""
    match body:
        case reply_pb2.ReplyClause() if body.clause == len(reply.clauses):
            return replace(reply, clauses=(*reply.clauses, body.text))
        case reply_pb2.ReplyFinished():
            # A reply without text has no playback to wait for.
            return replace(reply, finished=body.reason or "stop", done=reply.done or not body.clauses)
        case reply_pb2.ReplyCancelled():
            return replace(reply, cancelled=body.reason or "barge_in", paused=False)
        case reply_pb2.ReplyResumed():
            return replace(reply, paused=False)
        case synthesis_pb2.ClauseSynthesized() if body.clause == len(reply.synthesized):
            return replace(reply, synthesized=(*reply.synthesized, _synthesized_clause(body)))
        case playback_pb2.PlaybackStarted():
            return replace(_with_playback(reply, body), audible=True, paused=False)
        case playback_pb2.PlaybackProgressed():
            return _with_playback(reply, body)
        case playback_pb2.PlaybackPaused():
            return replace(_with_playback(reply, body), paused=not reply.cancelled)
        case playback_pb2.PlaybackFinished() | playback_pb2.BargeIn():
            return replace(_with_playback(reply, body), done=True)
        case _:
            return reply


def _with_playback(reply: Reply, event: PlaybackEvent) -> Reply:
    position = PlayoutPosition(reply.played_samples).evolve(event)
    return replace(reply, played_samples=position.samples)


def _synthesized_clause(body: synthesis_pb2.ClauseSynthesized) -> SynthesizedClause:
    words = tuple((word.text, word.end_ms * SAMPLES_PER_MS) for word in body.words)
    return SynthesizedClause(body.end_sample, words)
