"""Progress of each reply's synthesis according to the log: its clauses, and those that remain. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from parley.events.envelope import Body, event_body
from parley.events.fold import Fold
from parley.events.state_codec import dataclass_codec
from parley.v1 import call_pb2, handoff_pb2, reply_pb2, synthesis_pb2

AgentKey: TypeAlias = tuple[str, str, str]
"""Name, version and language of an agent; empty for those with which the call began."""

_MAX_DONE = 20
"""Number of replies kept that are done: an event of one may still arrive, such as its cancellation."""


@dataclass(frozen=True, slots=True)
class ReplyProgress:
    """Progress of the synthesis of one reply."""

    reply_id: str
    turn: int = 0
    agent: AgentKey = ("", "", "")
    """The agent whose reply it is."""
    texts: tuple[str, ...] = ()
    """Clauses from the first one on, without a gap."""
    out_of_order: Mapping[int, str] = field(default_factory=dict)
    """Clauses that follow one that is still missing."""
    clauses: int | None = None
    """Number of clauses, if the brain has published it."""
    clause_ends: tuple[int, ...] = ()
    """Sample at which each synthesized clause ends, from the first clause on, without a gap."""
    started: bool = False
    """Whether its first audio has been published."""
    done: bool = False
    """Whether it was cancelled or completely synthesized."""

    @property
    def complete(self) -> bool:
        """Whether all text has arrived."""
        return self.clauses is not None and len(self.texts) >= self.clauses

    @property
    def next_clause(self) -> int:
        """The first clause that the next owner must synthesize, possibly again."""
        return len(self.clause_ends)

    @property
    def next_sample(self) -> int:
        """Sample of the reply at which that clause begins.

        The previous owner may have published part of it. The player works by offset: it keeps the samples it
        has and takes only the missing ones from the repetition.
        """
        return self.clause_ends[-1] if self.clause_ends else 0


@dataclass(frozen=True, slots=True)
class SynthesisProgress:
    """The replies of a call that need audio, and the last ones that are done, in the order of their start."""

    replies: Mapping[str, ReplyProgress] = field(default_factory=dict)
    call_ended: bool = False
    agent: AgentKey = ("", "", "")
    """The agent of the replies that start from now on."""

    @property
    def unfinished(self) -> tuple[ReplyProgress, ...]:
        """Replies that still need audio, in order."""
        return tuple(reply for reply in self.replies.values() if not reply.done)


def evolve(progress: SynthesisProgress, body: Body | None) -> SynthesisProgress:
    """Return the progress after an event; events that do not concern synthesis change nothing."""
    match body:
        case call_pb2.CallEnded():
            return replace(progress, call_ended=True)
        case handoff_pb2.AgentChanged(agent=agent, version=version):
            return replace(progress, agent=(agent, version, progress.agent[2]))
        case handoff_pb2.LanguageChanged(language=language):
            return replace(progress, agent=(*progress.agent[:2], language))
        case (
            reply_pb2.ReplyStarted()
            | reply_pb2.ReplyClause()
            | reply_pb2.ReplyFinished()
            | reply_pb2.ReplyCancelled()
            | synthesis_pb2.SynthesisStarted()
            | synthesis_pb2.ClauseSynthesized()
            | synthesis_pb2.SynthesisFinished()
        ):
            return _with_reply(progress, body.reply_id, body)
        case _:
            return progress


def _with_reply(progress: SynthesisProgress, reply_id: str, body: Body) -> SynthesisProgress:
    before = progress.replies.get(reply_id) or ReplyProgress(reply_id, agent=progress.agent)
    if before.done:
        return progress
    reply = _evolve_reply(before, body)
    replies = {**progress.replies, reply_id: reply}
    if reply.done:
        # The text and the clauses of a reply that is done are no longer needed.
        replies[reply_id] = ReplyProgress(reply_id, reply.turn, done=True)
        done = [one.reply_id for one in replies.values() if one.done]
        for forgotten in done[:-_MAX_DONE]:
            del replies[forgotten]
    return replace(progress, replies=replies)


TTS = Fold(
    "tts",
    SynthesisProgress,
    lambda progress, event, _at_ms: evolve(progress, event_body(event)),
    dataclass_codec(SynthesisProgress),
)
"""The state that an owner of tts starts with."""


def _evolve_reply(reply: ReplyProgress, body: Body) -> ReplyProgress:
    match body:
        case reply_pb2.ReplyStarted():
            return replace(reply, turn=body.turn)
        case reply_pb2.ReplyClause():
            return _with_text(reply, body.clause, body.text)
        case reply_pb2.ReplyFinished():
            return replace(reply, clauses=body.clauses)
        case reply_pb2.ReplyCancelled() | synthesis_pb2.SynthesisFinished():
            return replace(reply, done=True)
        case synthesis_pb2.SynthesisStarted():
            return replace(reply, started=True)
        case synthesis_pb2.ClauseSynthesized() if body.clause == len(reply.clause_ends):
            end = max(body.end_sample, reply.next_sample)
            return replace(reply, clause_ends=(*reply.clause_ends, end))
        case _:
            return reply


def _with_text(reply: ReplyProgress, clause: int, text: str) -> ReplyProgress:
    if clause < len(reply.texts) or clause in reply.out_of_order:
        return reply
    out_of_order = {**reply.out_of_order, clause: text}
    texts = list(reply.texts)
    while len(texts) in out_of_order:
        texts.append(out_of_order.pop(len(texts)))
    return replace(reply, texts=tuple(texts), out_of_order=out_of_order)
