"""One reply of the agent: its text, its sound, and how much of it was heard. No I/O, no clock."""

from dataclasses import dataclass, replace

from parley.events.envelope import Body
from parley.v1 import playback_pb2, reply_pb2, synthesis_pb2

_SAMPLES_PER_MS = 8


@dataclass(frozen=True, slots=True)
class SynthesizedClause:
    """A clause as sound: where it ends, and its words with their ends, in samples of the reply's sound."""

    end_sample: int
    words: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the agent says at one go."""

    reply_id: str
    turn: int
    kind: int = reply_pb2.REPLY_KIND_ANSWER
    clauses: tuple[str, ...] = ()
    finished: str = ""
    """Why no more text comes; empty while it does."""
    cancelled: str = ""
    """Why the rest shall not be heard; empty while it shall."""
    synthesized: tuple[SynthesizedClause, ...] = ()
    played_samples: int = 0
    audible: bool = False
    """Some of it has been played."""
    paused: bool = False
    predicted_text: str = ""
    """The caller's words that it answers, if it was begun before the turn was surely over."""
    speculative: bool = False
    """Begun on a guess, and not to be heard yet."""
    done: bool = False
    """Nothing of it will be heard any more."""

    @property
    def text(self) -> str:
        """All of its text so far."""
        return "".join(self.clauses)

    @property
    def remaining_ms(self) -> float:
        """Sound that is still to be heard; endless while more may be made."""
        if not self.finished or len(self.synthesized) < len(self.clauses):
            return float("inf")
        end_sample = self.synthesized[-1].end_sample if self.synthesized else 0
        return max(0, end_sample - self.played_samples) / _SAMPLES_PER_MS

    @property
    def played_text(self) -> str:
        """What the caller has heard of it, to the word."""
        heard: list[str] = []
        for text, clause in zip(self.clauses, self.synthesized, strict=False):
            if clause.end_sample <= self.played_samples:
                heard.append(text.strip())
                continue
            heard += [word for word, end in clause.words if end <= self.played_samples]
            break
        return " ".join(heard)


def evolve(reply: Reply, body: Body) -> Reply:
    """The reply after an event about it."""
    match body:
        case reply_pb2.ReplyClause() if body.clause == len(reply.clauses):
            return replace(reply, clauses=(*reply.clauses, body.text))
        case reply_pb2.ReplyFinished():
            # A reply without text has nothing to be heard.
            return replace(reply, finished=body.reason or "stop", done=reply.done or not body.clauses)
        case reply_pb2.ReplyCancelled():
            return replace(reply, cancelled=body.reason or "barge_in", paused=False)
        case reply_pb2.ReplyResumed():
            return replace(reply, paused=False)
        case synthesis_pb2.ClauseSynthesized() if body.clause == len(reply.synthesized):
            return replace(reply, synthesized=(*reply.synthesized, _synthesized_clause(body)))
        case playback_pb2.PlaybackStarted():
            return replace(reply, audible=True, paused=False)
        case playback_pb2.PlaybackProgressed():
            return _advance(reply, body.played_samples)
        case playback_pb2.PlaybackPaused():
            return replace(_advance(reply, body.played_samples), paused=not reply.cancelled)
        case playback_pb2.PlaybackFinished() | playback_pb2.BargeIn():
            return replace(_advance(reply, body.played_samples), done=True)
        case _:
            return reply


def _advance(reply: Reply, samples: int) -> Reply:
    return replace(reply, played_samples=max(samples, reply.played_samples))


def _synthesized_clause(said: synthesis_pb2.ClauseSynthesized) -> SynthesizedClause:
    words = tuple((word.text, word.end_ms * _SAMPLES_PER_MS) for word in said.words)
    return SynthesizedClause(said.end_sample, words)
