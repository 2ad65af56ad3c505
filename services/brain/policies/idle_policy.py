"""Idle prompts, and ending the call of an idle caller. No I/O, no clock."""

from dataclasses import dataclass, replace
from typing import TypeAlias

from parley.agent_config import AgentConfig
from parley.events.envelope import event_body
from parley.v1 import call_pb2, playback_pb2, reply_pb2, speech_pb2
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import REPLY_KIND_GOODBYE, REPLY_KIND_IDLE_PROMPT
from services.brain.conversation import Conversation
from services.brain.policies.floor_state import FloorState
from services.brain.policies.turn_taking import WaitUntil


@dataclass(frozen=True, slots=True)
class IdleState:
    """Start of the current silence: the caller uses no words, and the agent does not speak."""

    streaming: bool = False
    since_ms: int = 0
    """Call time."""


@dataclass(frozen=True, slots=True)
class IdlePrompt:
    """Decision to ask whether the caller is still there."""

    text: str


@dataclass(frozen=True, slots=True)
class EndCall:
    """Decision to say goodbye and hang up."""

    text: str
    reason: str


Decision: TypeAlias = IdlePrompt | EndCall | WaitUntil


def evolve(state: IdleState, event: Event, *, now_ms: int) -> IdleState:
    """Return the state after an event that arrived at `now_ms` (call time)."""
    match event_body(event):
        case call_pb2.StreamStarted():
            return IdleState(streaming=True, since_ms=now_ms)
        case call_pb2.StreamStopped():
            return replace(state, streaming=False)
        case (
            speech_pb2.TranscriptUpdated()
            | speech_pb2.TurnEnded()
            | playback_pb2.PlaybackStarted()
            | playback_pb2.PlaybackFinished()
            | playback_pb2.BargeIn()
            | reply_pb2.ReplyFinished()
            | reply_pb2.ToolReturned()
            | call_pb2.DtmfPressed()
        ):
            return replace(state, since_ms=now_ms)
        case _:
            return state


def decide(
    state: IdleState, floor: FloorState, conversation: Conversation, agent: AgentConfig, *, now_ms: int
) -> Decision | None:
    """Return the action for the silence; None to wait for the next event."""
    if conversation.ended or conversation.hanging_up or not state.streaming:
        return None
    if conversation.active_replies or conversation.pending_tool_calls:
        return None
    if conversation.unanswered_turn is not None:
        return None
    idle_ms = _idle_ms(state, floor, conversation, agent)
    if now_ms >= idle_ms:
        return _next_prompt(conversation.idle_prompts, agent)
    return WaitUntil(idle_ms)


def _idle_ms(state: IdleState, floor: FloorState, conversation: Conversation, agent: AgentConfig) -> int:
    """Return the call time at which the caller is idle: words count, not noise or music."""
    timeout_s = agent.turn_taking.hold_s if conversation.on_hold else agent.idle.timeout_s
    idle_ms = state.since_ms + round(timeout_s * 1000)
    # Speech that begins at the last moment gets the time that its words take.
    return max(idle_ms, floor.speech_until_ms()) if floor.since_ms <= idle_ms else idle_ms


def _next_prompt(count: int, agent: AgentConfig) -> IdlePrompt | EndCall:
    prompts = agent.idle.prompts
    return IdlePrompt(prompts[count]) if count < len(prompts) else EndCall(agent.idle.goodbye, "silence")


def reply_kind(decision: IdlePrompt | EndCall) -> reply_pb2.ReplyKind:
    """Return the kind of the reply that carries out the decision."""
    match decision:
        case IdlePrompt():
            return REPLY_KIND_IDLE_PROMPT
        case EndCall():
            return REPLY_KIND_GOODBYE
