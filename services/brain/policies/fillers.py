"""What to say while the model or a tool keeps the caller waiting. A fold and a decision; no I/O, no clock."""

from dataclasses import dataclass

from parley.agent_config import AgentConfig
from parley.events.envelope import event_body
from parley.v1 import playback_pb2, reply_pb2, speech_pb2
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import REPLY_KIND_ANSWER, REPLY_KIND_FILLER
from services.brain.conversation import CallerTurn, Conversation, DtmfInput
from services.brain.policies.openers import detect_opener
from services.brain.policies.turn_taking import FloorState, WaitUntil
from services.brain.reply import Reply

_MOST_IN_A_WAIT = 3
"""A caller who has heard so many believes none."""


@dataclass(frozen=True, slots=True)
class WaitState:
    """Since when the caller has heard nothing."""

    since_ms: int = 0


@dataclass(frozen=True, slots=True)
class PlayFiller:
    """Say this meanwhile."""

    text: str


def evolve(state: WaitState, event: Event, *, now_ms: int) -> WaitState:
    """What is known after the event, which came at `now_ms` (call time)."""
    match event_body(event):
        case (
            speech_pb2.TurnEnded()
            | reply_pb2.DtmfCollected()
            | reply_pb2.ToolCalled()
            | reply_pb2.ToolReturned()
            | playback_pb2.PlaybackStarted()
            | playback_pb2.PlaybackProgressed()
            | playback_pb2.PlaybackFinished()
            | playback_pb2.BargeIn()
        ):
            return WaitState(now_ms)
        case _:
            return state


def decide(
    state: WaitState, floor: FloorState, conversation: Conversation, agent: AgentConfig, *, now_ms: int
) -> PlayFiller | WaitUntil | None:
    """What to say now, or when to look again."""
    if (
        conversation.ended
        or conversation.hanging_up
        or floor.speaking
        or not _keeps_waiting(conversation, agent)
    ):
        return None
    said = [reply for reply in conversation.replies if reply.kind == REPLY_KIND_FILLER]
    last = said[-1].text.strip() if said else ""
    fresh = [phrase for phrase in agent.fillers.phrases if phrase != last]
    if not fresh or _in_this_wait(conversation) >= _MOST_IN_A_WAIT:
        return None
    due_ms = state.since_ms + agent.fillers.after_ms
    return PlayFiller(fresh[len(said) % len(fresh)]) if now_ms >= due_ms else WaitUntil(due_ms)


def _keeps_waiting(known: Conversation, agent: AgentConfig) -> bool:
    active = known.active_replies
    if any(reply.kind == REPLY_KIND_FILLER or reply.paused for reply in active):
        return False
    if not active:
        return bool(known.pending_tool_calls)
    return all(_is_empty(reply, agent) for reply in active)


def _is_empty(reply: Reply, agent: AgentConfig) -> bool:
    """An answer of which nothing has come but its opener."""
    began = len(reply.clauses) - bool(detect_opener(reply.clauses, agent))
    return reply.kind == REPLY_KIND_ANSWER and not (began or reply.finished or reply.speculative)


def _in_this_wait(known: Conversation) -> int:
    count = 0
    for item in reversed(known.items):
        if isinstance(item, CallerTurn | DtmfInput):
            break
        count += isinstance(item, Reply) and item.kind == REPLY_KIND_FILLER
    return count
