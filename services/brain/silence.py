"""When nobody speaks, and when a call has gone on for too long: what to say then. No I/O, no clock."""

from dataclasses import dataclass, replace
from typing import TypeAlias

from parley.agent_config import AgentConfig
from parley.events.envelope import event_body
from parley.v1 import call_pb2, playback_pb2, reply_pb2, speech_pb2
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import REPLY_KIND_GOODBYE, REPLY_KIND_IDLE_PROMPT, REPLY_KIND_WARNING
from services.brain.conversation import Conversation
from services.brain.turn_taking import Floor, WaitUntil

_WARNING_MS = 30_000
"""So long before the end of a call that may not go on the caller is told."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """Since when nothing was said by anybody."""

    streaming: bool = False
    since_ms: int = 0


@dataclass(frozen=True, slots=True)
class Prompt:
    """Ask whether somebody is there."""

    text: str


@dataclass(frozen=True, slots=True)
class Warn:
    """Say that the call must end soon."""

    text: str


@dataclass(frozen=True, slots=True)
class Leave:
    """Say goodbye and close the line."""

    text: str
    reason: str


Decision: TypeAlias = Prompt | Warn | Leave | WaitUntil


def evolve(quiet: Quiet, event: Event, *, now_ms: int) -> Quiet:
    """What is known after the event, which came at `now_ms` (call time)."""
    match event_body(event):
        case call_pb2.StreamStarted():
            return Quiet(streaming=True, since_ms=now_ms)
        case call_pb2.StreamStopped():
            return replace(quiet, streaming=False)
        case (
            speech_pb2.SpeechStarted()
            | speech_pb2.SpeechStopped()
            | speech_pb2.TranscriptUpdated()
            | speech_pb2.TurnEnded()
            | playback_pb2.PlaybackStarted()
            | playback_pb2.PlaybackFinished()
            | playback_pb2.BargeIn()
            | reply_pb2.ReplyFinished()
            | reply_pb2.ToolReturned()
            | call_pb2.DtmfPressed()
        ):
            return replace(quiet, since_ms=now_ms)
        case _:
            return quiet


def decide(
    quiet: Quiet, floor: Floor, known: Conversation, agent: AgentConfig, *, now_ms: int
) -> Decision | None:
    """What to do about the silence, or about the length of the call."""
    if known.ended or known.hanging_up or not quiet.streaming:
        return None
    if floor.speaking or known.active_replies or known.open_tools or known.unanswered_turn is not None:
        return None
    end_ms = round(agent.max_call_s * 1000)
    if now_ms >= end_ms:
        return Leave(agent.idle.goodbye, "max_call_s")
    warn_ms = end_ms - _WARNING_MS
    if now_ms >= warn_ms and not known.warned:
        return Warn(agent.max_call_warning)
    asked = known.idle_prompts
    idle_ms = quiet.since_ms + round(agent.idle.timeout_s * 1000)
    if now_ms >= idle_ms:
        prompts = agent.idle.prompts
        return Prompt(prompts[asked]) if asked < len(prompts) else Leave(agent.idle.goodbye, "silence")
    return WaitUntil(min(idle_ms, end_ms if known.warned else warn_ms))


def kind_of(decision: Prompt | Warn | Leave) -> reply_pb2.ReplyKind:
    """Kind of the reply that says it."""
    match decision:
        case Prompt():
            return REPLY_KIND_IDLE_PROMPT
        case Warn():
            return REPLY_KIND_WARNING
        case Leave():
            return REPLY_KIND_GOODBYE
