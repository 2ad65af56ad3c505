"""What the brain of today would do in a call, beside what was done. No I/O, no clock.

The state is folded from what truly happened, so one difference does not lead to the next.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from parley.agent_config import AgentConfig
from parley.clock import CallClock
from parley.events.envelope import event_body
from parley.v1 import reply_pb2
from parley.v1.event_pb2 import Event
from services.brain.policies import escalation, fillers, idle_policy, turn_taking
from services.brain.policies.escalation import RequestFallback
from services.brain.policies.fillers import PlayFiller
from services.brain.policies.idle_policy import EndCall, IdlePrompt, WarnMaxDuration
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

_PROMPTLY_MS = 1000
"""What is decided is in the log so soon, and what others say meanwhile may come before it."""

_KINDS = {
    reply_pb2.REPLY_KIND_FILLER: "filler",
    reply_pb2.REPLY_KIND_IDLE_PROMPT: "ask into the silence",
    reply_pb2.REPLY_KIND_WARNING: "warn of the end",
    reply_pb2.REPLY_KIND_GOODBYE: "take leave",
    reply_pb2.REPLY_KIND_RECONNECTED: "apologise for the line",
}
_PLAIN: dict[type, str] = {
    PlayFiller: "filler",
    IdlePrompt: "ask into the silence",
    WarnMaxDuration: "warn of the end",
    EndCall: "take leave",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One act of one of the two."""

    at_ms: int
    side: Literal["then", "today"]
    action: str

    def __str__(self) -> str:
        other = "today it would not" if self.side == "then" else "then it did not"
        return f"{self.action}; {other}"


class DecisionReplay:
    """One call's; given its events one after another."""

    def __init__(self, agent: AgentConfig) -> None:
        self._agent = agent
        self._clock: CallClock | None = None
        self.state = BrainState()
        self._pending: dict[str, int] = {}
        """Acts of today that the log does not have yet, and since when."""
        self._superseded: dict[str, int] = {}
        """Acts that were not done before something else was said, and until when they were wanted."""
        self._told: set[str] = set()
        self._wake_ms: int | None = None
        self._claimed_at_ms = 0

    def feed(self, event: Event) -> list[Difference]:
        """What differs, as far as is known after this event."""
        self._clock = self._clock or CallClock(event.sent_at_us)
        at_ms = self._clock.ms_at(event.sent_at_us)
        found = list(self._time_passes(at_ms))
        if event.HasField("stage_claimed") and event.stage == "brain":
            self._claimed_at_ms = at_ms
        for act in recorded_actions(event, self.state):
            if act in self._pending:
                del self._pending[act]
            elif at_ms - self._superseded.pop(act, -_PROMPTLY_MS) < _PROMPTLY_MS:
                continue
            elif act not in self._decided(at_ms) and at_ms - self._claimed_at_ms > _PROMPTLY_MS:
                found.append(Difference(at_ms, "then", act))
        self.state = self.state.evolve(event, at_ms)
        self._look(at_ms)
        return found

    def _time_passes(self, until_ms: int) -> Iterator[Difference]:
        while self._wake_ms is not None and self._wake_ms < until_ms:
            self._look(self._wake_ms)
        for act, since_ms in list(self._pending.items()):
            if until_ms - since_ms > _PROMPTLY_MS and act not in self._told:
                self._told.add(act)
                yield Difference(since_ms, "today", act)

    def _look(self, at_ms: int) -> None:
        """Decide anew; what is not wanted any more was overtaken by what happened."""
        decided = self._decided(at_ms)
        self._superseded |= {act: at_ms for act in self._pending if act not in decided}
        self._pending = {act: self._pending.get(act, at_ms) for act in decided}
        self._told &= set(decided)
        later = (ms for ms in _waits(self.state, self._agent, at_ms) if ms > at_ms)
        self._wake_ms = min(later, default=None)

    def _decided(self, at_ms: int) -> list[str]:
        return list(decided_actions(self.state, self._agent, at_ms))


def decided_actions(knows: BrainState, agent: AgentConfig, now_ms: int) -> Iterator[str]:
    """What is to be done now, in words."""
    for decision in _decisions(knows, agent, now_ms):
        if type(decision) in _PLAIN:
            yield _PLAIN[type(decision)]
        else:
            yield from _in_words(decision)
    if needs_apology(knows.conversation, agent):
        yield "apologise for the line"


def _in_words(decision: object) -> Iterator[str]:
    match decision:
        case Answer(turn=turn):
            yield f"answer turn {turn}"
        case Speculate(turn=turn):
            yield f"begin to answer turn {turn} on a guess"
        case Release(reply_id=reply_id):
            yield f"let {reply_id} be heard"
        case Resume(reply_id=reply_id):
            yield f"play {reply_id} on"
        case CancelReplies(reply_ids=reply_ids):
            yield from (f"drop {reply_id}" for reply_id in reply_ids)
        case SubmitDtmf(digits=digits):
            yield f"take {len(digits)} keys as an input"
        case RequestFallback(reason=reason):
            yield f"give the call up ({reason})"
        case _:
            pass


def _waits(knows: BrainState, agent: AgentConfig, now_ms: int) -> Iterator[int]:
    for decision in _decisions(knows, agent, now_ms):
        if isinstance(decision, WaitUntil):
            yield decision.at_ms


def _decisions(knows: BrainState, agent: AgentConfig, now_ms: int) -> tuple[object, ...]:
    known, floor = knows.conversation, knows.floor
    if known.fallback_requested:
        return ()
    return (
        turn_taking.decide(floor, known, agent, now_ms=now_ms),
        fillers.decide(knows.latency_wait, floor, known, agent, now_ms=now_ms),
        idle_policy.decide(knows.idle, floor, known, agent, now_ms=now_ms),
        escalation.decide(knows.health, known, now_ms=now_ms),
    )


def recorded_actions(event: Event, knows: BrainState) -> list[str]:
    """What an event says that the brain has done, in the same words; nothing for what follows of itself."""
    match event_body(event):
        case reply_pb2.ReplyStarted(kind=reply_pb2.REPLY_KIND_ANSWER, turn=turn, speculative=held):
            return [f"begin to answer turn {turn} on a guess" if held else f"answer turn {turn}"]
        case reply_pb2.ReplyStarted(kind=kind) if kind in _KINDS:
            return [_KINDS[kind]]
        case reply_pb2.ReplyReleased(reply_id=reply_id):
            return [f"let {reply_id} be heard"]
        case reply_pb2.ReplyResumed(reply_id=reply_id):
            return [f"play {reply_id} on"]
        case reply_pb2.ReplyCancelled(reply_id=reply_id, reason=reason) if reason != "stream_lost":
            return [f"drop {reply_id}"]
        case reply_pb2.DtmfCollected():
            return [f"take {len(knows.conversation.pending_digits.rstrip('#'))} keys as an input"]
        case reply_pb2.FallbackRequested(reason=reason):
            return [f"give the call up ({reason})"]
        case _:
            return []
