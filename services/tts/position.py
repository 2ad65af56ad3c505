"""Where in each reply's sound we are: clauses in order, what exists, what must be made again. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from parley.events.envelope import Body
from parley.v1 import call_pb2, reply_pb2, synthesis_pb2


@dataclass(frozen=True, slots=True)
class Reply:
    """What the log says of one reply."""

    reply_id: str
    texts: tuple[str, ...] = ()
    """Clauses known without a gap, from the first on."""
    early: Mapping[int, str] = field(default_factory=dict)
    """Clauses that came before one that is still missing."""
    clauses: int | None = None
    """How many there are in all, once the brain has said so."""
    ends: tuple[int, ...] = ()
    """Sample at which each voiced clause ends, from the first on without a gap."""
    started: bool = False
    """Its first sound exists."""
    over: bool = False
    """Dropped, or all of its sound exists."""

    @property
    def complete(self) -> bool:
        """Whether no further text comes."""
        return self.clauses is not None and len(self.texts) >= self.clauses

    @property
    def next_clause(self) -> int:
        """The first clause that a successor must make (again)."""
        return len(self.ends)

    @property
    def next_sample(self) -> int:
        """Where in the reply's sound that clause begins.

        The predecessor may have published part of it. Whoever plays goes by offset: it keeps the samples it
        has and takes from the repetition only those that it lacks.
        """
        return self.ends[-1] if self.ends else 0


@dataclass(frozen=True, slots=True)
class Position:
    """What the log says of the call's replies, in the order they started."""

    replies: Mapping[str, Reply] = field(default_factory=dict)
    call_over: bool = False

    @property
    def unfinished(self) -> tuple[Reply, ...]:
        """Replies whose sound is still to be made, in order."""
        return tuple(reply for reply in self.replies.values() if not reply.over)


def evolve(position: Position, body: Body | None) -> Position:
    """The position after an event; events that do not concern the voice change nothing."""
    match body:
        case call_pb2.CallEnded():
            return replace(position, call_over=True)
        case (
            reply_pb2.ReplyStarted()
            | reply_pb2.ReplyClause()
            | reply_pb2.ReplyFinished()
            | reply_pb2.ReplyCancelled()
            | synthesis_pb2.SynthesisStarted()
            | synthesis_pb2.ClauseSynthesized()
            | synthesis_pb2.SynthesisFinished()
        ):
            reply = position.replies.get(body.reply_id) or Reply(body.reply_id)
            return replace(position, replies={**position.replies, body.reply_id: _reply_after(reply, body)})
        case _:
            return position


def _reply_after(reply: Reply, body: Body) -> Reply:
    match body:
        case reply_pb2.ReplyClause():
            return _with_text(reply, body.clause, body.text)
        case reply_pb2.ReplyFinished():
            return replace(reply, clauses=body.clauses)
        case reply_pb2.ReplyCancelled() | synthesis_pb2.SynthesisFinished():
            return replace(reply, over=True)
        case synthesis_pb2.SynthesisStarted():
            return replace(reply, started=True)
        case synthesis_pb2.ClauseSynthesized() if body.clause == len(reply.ends):
            return replace(reply, ends=(*reply.ends, max(body.end_sample, reply.next_sample)))
        case _:
            return reply


def _with_text(reply: Reply, clause: int, text: str) -> Reply:
    if clause < len(reply.texts) or clause in reply.early:
        return reply
    early = {**reply.early, clause: text}
    texts = list(reply.texts)
    while len(texts) in early:
        texts.append(early.pop(len(texts)))
    return replace(reply, texts=tuple(texts), early=early)
