"""Filler phrases while the model or a tool keeps the caller waiting. No I/O, no clock."""

from dataclasses import dataclass

from parley.agent_config import AgentConfig
from parley.events.envelope import event_body
from parley.v1 import playback_pb2, reply_pb2, speech_pb2
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import REPLY_KIND_ANSWER, REPLY_KIND_FILLER
from services.brain.conversation import Conversation
from services.brain.items import CallerTurn, DtmfInput
from services.brain.policies import tool_fillers
from services.brain.policies.floor_state import FloorState
from services.brain.policies.openers import detect_opener
from services.brain.policies.tool_fillers import DueFiller
from services.brain.policies.turn_taking import WaitUntil
from services.brain.reply import Reply

_MAX_PER_WAIT = 3
"""Maximum fillers in one wait for the model; more would not be credible."""
_WITHIN_SENTENCES = ",;-"
"""Marks after which a sentence continues."""


@dataclass(frozen=True, slots=True)
class WaitState:
    """Call time since which no audio of the agent was played."""

    since_ms: int = 0


@dataclass(frozen=True, slots=True)
class PlayFiller:
    """Decision to play a filler phrase."""

    text: str


def evolve(state: WaitState, event: Event, *, now_ms: int) -> WaitState:
    """Return the state after an event that arrived at `now_ms` (call time)."""
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
    """Return the filler to play now, or the time at which to decide again."""
    if conversation.ended or conversation.hanging_up or conversation.away:
        return None
    due = _due_filler(conversation, agent)
    if due is None:
        return None
    if floor.speaking and now_ms < floor.speech_until_ms():
        return WaitUntil(floor.speech_until_ms())
    # The log does not show every moment of playback: an opener may still be playing.
    plays_until_ms = max((reply.plays_until_ms for reply in conversation.active_replies), default=0)
    due_ms = max(state.since_ms, plays_until_ms) + due.after_ms
    return WaitUntil(due_ms) if now_ms < due_ms else PlayFiller(due.text)


def _due_filler(conversation: Conversation, agent: AgentConfig) -> DueFiller | None:
    """Return the next filler; None if the agent speaks, or if enough was played."""
    active = conversation.active_replies
    if any(reply.kind == REPLY_KIND_FILLER or reply.paused for reply in active):
        return None
    played = [reply.text.strip() for reply in _replies_in_this_wait(conversation)]
    if call := tool_fillers.awaited_call(conversation):
        return tool_fillers.next_filler(call, conversation, agent, played)
    if not active or not all(_is_empty_answer(reply, agent) or _is_spoken(reply) for reply in active):
        return None
    if played and (result := tool_fillers.answered_call(conversation)):
        return tool_fillers.next_filler(result, conversation, agent, played)
    return _next_for_model(conversation, agent, played)


def _next_for_model(conversation: Conversation, agent: AgentConfig, played: list[str]) -> DueFiller | None:
    fillers = [reply for reply in conversation.replies if reply.kind == REPLY_KIND_FILLER]
    last = fillers[-1].text.strip() if fillers else ""
    candidates = [phrase for phrase in agent.fillers.phrases if phrase != last]
    if not candidates or len(played) >= _MAX_PER_WAIT:
        return None
    return DueFiller(candidates[conversation.totals.fillers % len(candidates)], agent.fillers.after_ms)


def _is_empty_answer(reply: Reply, agent: AgentConfig) -> bool:
    """Whether an answer has no text yet except its opener."""
    clauses = len(reply.clauses) - bool(detect_opener(reply.clauses, agent))
    return reply.kind == REPLY_KIND_ANSWER and not (clauses or reply.finished or reply.speculative)


def _is_spoken(reply: Reply) -> bool:
    """Whether an unfinished answer, which a tool call may follow, has audio for all its whole sentences."""
    if reply.kind != REPLY_KIND_ANSWER or reply.finished or reply.speculative or not reply.playing:
        return False
    last = reply.text.rstrip()[-1:]
    is_sentence = bool(last) and not (last.isalnum() or last in _WITHIN_SENTENCES)
    return is_sentence and len(reply.synthesized) == len(reply.clauses)


def _replies_in_this_wait(conversation: Conversation) -> list[Reply]:
    """Fillers since the caller's last input, in order."""
    found: list[Reply] = []
    for item in reversed(conversation.open_items):
        if isinstance(item, CallerTurn | DtmfInput):
            break
        if isinstance(item, Reply) and item.kind == REPLY_KIND_FILLER:
            found.insert(0, item)
    return found
