"""Replays a call's events through the current policies and compares decisions. No I/O, no clock.

The state is always folded from the recorded events, so one difference does not cause others.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from parley.agent_config import AgentConfig
from parley.clock import CallClock
from parley.events.envelope import event_body
from parley.v1 import reply_pb2
from parley.v1.event_pb2 import Event
from services.brain.policies import call_limit, escalation, fillers, idle_policy
from services.brain.policies.call_limit import EndAtLimit, WarnOfLimit
from services.brain.policies.escalation import RequestFallback
from services.brain.policies.fillers import PlayFiller
from services.brain.policies.idle_policy import EndCall, IdlePrompt
from services.brain.policies.reconnect_policy import needs_apology
from services.brain.policies.turn_taking import (
    Answer,
    CancelReplies,
    Release,
    Resume,
    Speculate,
    SubmitDtmf,
    WaitUntil,
)
from services.brain.state import BrainState

_TOLERANCE_MS = 1000
"""A decision reaches the log within this time; events of other stages may precede it."""

_CONSEQUENCES = ("stream_lost", "tool_failed", *call_limit.REASONS)
"""Reasons for which a reply is cancelled in consequence of an event, without a decision."""

_FILLER = "play a filler"
_IDLE_PROMPT = "play an idle prompt"
_WARNING = "warn of a limit"
_END_CALL = "end the call"
_APOLOGY = "apologise for the lost stream"

_ACTION_OF_KIND = {
    reply_pb2.REPLY_KIND_FILLER: _FILLER,
    reply_pb2.REPLY_KIND_IDLE_PROMPT: _IDLE_PROMPT,
    reply_pb2.REPLY_KIND_WARNING: _WARNING,
    reply_pb2.REPLY_KIND_GOODBYE: _END_CALL,
    reply_pb2.REPLY_KIND_RECONNECTED: _APOLOGY,
}
_ACTION_OF_DECISION: dict[type, str] = {
    PlayFiller: _FILLER,
    IdlePrompt: _IDLE_PROMPT,
    WarnOfLimit: _WARNING,
    EndCall: _END_CALL,
    EndAtLimit: _END_CALL,
}


@dataclass(frozen=True, slots=True)
class Difference:
    """An action that only the recorded call or only the current code takes."""

    at_ms: int
    side: Literal["recorded", "current"]
    action: str

    def __str__(self) -> str:
        return f"{self.action}; only {self.side}"


class DecisionReplay:
    """Replays one call, event by event."""

    def __init__(self, agent: AgentConfig) -> None:
        self._agent = agent
        self._clock: CallClock | None = None
        self.state = BrainState()
        self._pending: dict[str, int] = {}
        """Decided actions that are not recorded yet, with the call time of the decision."""
        self._superseded: dict[str, int] = {}
        """Decisions that an event revoked before they were recorded, with the call time of that event."""
        self._reported: set[str] = set()
        self._wake_ms: int | None = None
        self._claimed_at_ms = 0

    def change_agent(self, agent: AgentConfig) -> None:
        """Decide as another agent from now on, after agent.changed."""
        self._agent = agent

    def feed(self, event: Event) -> list[Difference]:
        """Apply the next recorded event; return the differences that it completes."""
        self._clock = self._clock or CallClock(event.sent_at_us)
        at_ms = self._clock.ms_at(event.sent_at_us)
        found = list(self._advance_to(at_ms))
        if event.HasField("stage_claimed") and event.stage == "brain":
            self._claimed_at_ms = at_ms
        found += [
            Difference(at_ms, "recorded", action)
            for action in recorded_actions(event, self.state)
            if not self._matches(action, at_ms)
        ]
        self.state = self.state.evolve(event, at_ms)
        self._decide(at_ms)
        return found

    def _matches(self, action: str, at_ms: int) -> bool:
        """Whether the current code also takes the recorded action."""
        if action in self._pending:
            del self._pending[action]
            return True
        if at_ms - self._superseded.pop(action, -_TOLERANCE_MS) < _TOLERANCE_MS:
            return True
        # After a takeover the next owner repeats decisions of the previous one.
        return action in self._decided(at_ms) or at_ms - self._claimed_at_ms <= _TOLERANCE_MS

    def _advance_to(self, until_ms: int) -> Iterator[Difference]:
        """Run the policies' timers; yield actions that were not recorded in time."""
        while self._wake_ms is not None and self._wake_ms < until_ms:
            self._decide(self._wake_ms)
        for action, since_ms in list(self._pending.items()):
            if until_ms - since_ms > _TOLERANCE_MS and action not in self._reported:
                self._reported.add(action)
                yield Difference(since_ms, "current", action)

    def _decide(self, at_ms: int) -> None:
        """Decide again; pending actions that are no longer decided were superseded by an event."""
        decided = self._decided(at_ms)
        superseded = self._superseded | {action: at_ms for action in self._pending if action not in decided}
        self._superseded = {a: ms for a, ms in superseded.items() if at_ms - ms <= _TOLERANCE_MS}
        self._pending = {action: self._pending.get(action, at_ms) for action in decided}
        self._reported &= set(decided)
        wake_times = (ms for ms in _wake_times(self.state, self._agent, at_ms) if ms > at_ms)
        self._wake_ms = min(wake_times, default=None)

    def _decided(self, at_ms: int) -> list[str]:
        return list(decided_actions(self.state, self._agent, at_ms))


def decided_actions(state: BrainState, agent: AgentConfig, now_ms: int) -> Iterator[str]:
    """Describe each action that the current policies decide on."""
    for decision in _decisions(state, agent, now_ms):
        yield from _actions_of(decision)
    if needs_apology(state.conversation, agent):
        yield _APOLOGY


def _actions_of(decision: object) -> Iterator[str]:
    match decision:
        case Answer(turn=turn):
            yield f"answer turn {turn}"
        case Speculate(turn=turn):
            yield f"speculate on turn {turn}"
        case Release(reply_id=reply_id):
            yield f"release {reply_id}"
        case Resume(reply_id=reply_id):
            yield f"resume {reply_id}"
        case CancelReplies(reply_ids=reply_ids):
            yield from (f"cancel {reply_id}" for reply_id in reply_ids)
        case SubmitDtmf(digits=digits):
            yield f"submit {len(digits)} digits"
        case RequestFallback(reason=reason):
            yield f"request the fallback ({reason})"
        case _:
            if action := _ACTION_OF_DECISION.get(type(decision)):
                yield action


def _wake_times(state: BrainState, agent: AgentConfig, now_ms: int) -> Iterator[int]:
    for decision in _decisions(state, agent, now_ms):
        if isinstance(decision, WaitUntil):
            yield decision.at_ms


def _decisions(state: BrainState, agent: AgentConfig, now_ms: int) -> tuple[object, ...]:
    conversation, floor = state.conversation, state.floor
    if conversation.fallback_requested:
        return ()
    limit = call_limit.decide(state.limit, floor, conversation, agent, now_ms=now_ms)
    turn = call_limit.turn_decision(state.limit, floor, conversation, agent, now_ms=now_ms)
    return (
        limit,
        turn,
        fillers.decide(state.latency_wait, floor, conversation, agent, now_ms=now_ms),
        idle_policy.decide(state.idle, floor, conversation, agent, now_ms=now_ms),
        escalation.decide(state.health, conversation, now_ms=now_ms),
    )


def recorded_actions(event: Event, state: BrainState) -> list[str]:
    """Describe the action that an event records; empty for consequences of earlier actions."""
    match event_body(event):
        case reply_pb2.ReplyStarted(kind=reply_pb2.REPLY_KIND_ANSWER, turn=turn, speculative=speculative):
            return [f"speculate on turn {turn}" if speculative else f"answer turn {turn}"]
        case reply_pb2.ReplyStarted(kind=kind) if kind in _ACTION_OF_KIND:
            return [_ACTION_OF_KIND[kind]]
        case reply_pb2.ReplyReleased(reply_id=reply_id):
            return [f"release {reply_id}"]
        case reply_pb2.ReplyResumed(reply_id=reply_id):
            return [f"resume {reply_id}"]
        case reply_pb2.ReplyCancelled(reply_id=reply_id, reason=reason) if reason not in _CONSEQUENCES:
            return [f"cancel {reply_id}"]
        case reply_pb2.DtmfCollected():
            return [f"submit {len(state.conversation.pending_digits.rstrip('#'))} digits"]
        case reply_pb2.FallbackRequested(reason=reason) if event.stage == "brain":
            return [f"request the fallback ({reason})"]
        case _:
            return []
