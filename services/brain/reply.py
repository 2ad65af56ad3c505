"""One reply of the agent: its text, its sound, and how much of it was heard. No I/O, no clock."""

from dataclasses import dataclass, replace

from parley.events.envelope import Body
from parley.v1 import playback_pb2, reply_pb2, synthesis_pb2

_SAMPLES_PER_MS = 8


@dataclass(frozen=True, slots=True)
class VoicedClause:
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
    voiced: tuple[VoicedClause, ...] = ()
    heard_samples: int = 0
    audible: bool = False
    """Some of it has been played."""
    held: bool = False
    guess: str = ""
    """The caller's words that it answers, if it was begun before the turn was surely over."""
    held_back: bool = False
    """Begun on a guess, and not to be heard yet."""
    over: bool = False
    """Nothing of it will be heard any more."""

    @property
    def text(self) -> str:
        """All of its text so far."""
        return "".join(self.clauses)

    @property
    def unheard_ms(self) -> float:
        """Sound that is still to be heard; endless while more may be made."""
        if not self.finished or len(self.voiced) < len(self.clauses):
            return float("inf")
        end_sample = self.voiced[-1].end_sample if self.voiced else 0
        return max(0, end_sample - self.heard_samples) / _SAMPLES_PER_MS

    @property
    def heard_text(self) -> str:
        """What the caller has heard of it, to the word."""
        heard: list[str] = []
        for text, clause in zip(self.clauses, self.voiced, strict=False):
            if clause.end_sample <= self.heard_samples:
                heard.append(text.strip())
                continue
            heard += [word for word, end in clause.words if end <= self.heard_samples]
            break
        return " ".join(heard)


def evolve(reply: Reply, said: Body) -> Reply:
    """The reply after an event about it."""
    match said:
        case reply_pb2.ReplyClause() if said.clause == len(reply.clauses):
            return replace(reply, clauses=(*reply.clauses, said.text))
        case reply_pb2.ReplyFinished():
            # A reply without text has nothing to be heard.
            return replace(reply, finished=said.reason or "stop", over=reply.over or not said.clauses)
        case reply_pb2.ReplyCancelled():
            return replace(reply, cancelled=said.reason or "barge_in", held=False)
        case reply_pb2.ReplyResumed():
            return replace(reply, held=False)
        case synthesis_pb2.ClauseSynthesized() if said.clause == len(reply.voiced):
            return replace(reply, voiced=(*reply.voiced, _voiced(said)))
        case playback_pb2.PlaybackStarted():
            return replace(reply, audible=True, held=False)
        case playback_pb2.PlaybackProgressed():
            return _heard(reply, said.played_samples)
        case playback_pb2.PlaybackPaused():
            return replace(_heard(reply, said.played_samples), held=not reply.cancelled)
        case playback_pb2.PlaybackFinished() | playback_pb2.BargeIn():
            return replace(_heard(reply, said.played_samples), over=True)
        case _:
            return reply


def _heard(reply: Reply, samples: int) -> Reply:
    return replace(reply, heard_samples=max(samples, reply.heard_samples))


def _voiced(said: synthesis_pb2.ClauseSynthesized) -> VoicedClause:
    words = tuple((word.text, word.end_ms * _SAMPLES_PER_MS) for word in said.words)
    return VoicedClause(said.end_sample, words)
