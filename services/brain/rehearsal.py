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
from services.brain import fillers, giving_up, silence, turn_taking
from services.brain.fillers import Fill
from services.brain.giving_up import GiveUp
from services.brain.knowledge import Knowledge
from services.brain.reconnecting import wants_apology
from services.brain.silence import Leave, Prompt, Warn
from services.brain.turn_taking import Answer, Drop, EnterKeys, Release, Resume, Speculate, WaitUntil

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
    Fill: "filler",
    Prompt: "ask into the silence",
    Warn: "warn of the end",
    Leave: "take leave",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One act of one of the two."""

    at_ms: int
    whose: Literal["then", "today"]
    act: str

    def __str__(self) -> str:
        other = "today it would not" if self.whose == "then" else "then it did not"
        return f"{self.act}; {other}"


class Rehearsal:
    """One call's; given its events one after another."""

    def __init__(self, agent: AgentConfig) -> None:
        self._agent = agent
        self._clock: CallClock | None = None
        self.knows = Knowledge()
        self._due: dict[str, int] = {}
        """Acts of today that the log does not have yet, and since when."""
        self._overtaken: dict[str, int] = {}
        """Acts that were not done before something else was said, and until when they were wanted."""
        self._told: set[str] = set()
        self._wake_ms: int | None = None
        self._claimed_at_ms = 0

    def meet(self, event: Event) -> list[Difference]:
        """What differs, as far as is known after this event."""
        self._clock = self._clock or CallClock(event.sent_at_us)
        at_ms = self._clock.ms_at(event.sent_at_us)
        found = list(self._time_passes(at_ms))
        if event.HasField("stage_claimed") and event.stage == "brain":
            self._claimed_at_ms = at_ms
        for act in acts_of(event, self.knows):
            if act in self._due:
                del self._due[act]
            elif at_ms - self._overtaken.pop(act, -_PROMPTLY_MS) < _PROMPTLY_MS:
                continue
            elif act not in self._decided(at_ms) and at_ms - self._claimed_at_ms > _PROMPTLY_MS:
                found.append(Difference(at_ms, "then", act))
        self.knows = self.knows.after(event, at_ms)
        self._look(at_ms)
        return found

    def _time_passes(self, until_ms: int) -> Iterator[Difference]:
        while self._wake_ms is not None and self._wake_ms < until_ms:
            self._look(self._wake_ms)
        for act, since_ms in list(self._due.items()):
            if until_ms - since_ms > _PROMPTLY_MS and act not in self._told:
                self._told.add(act)
                yield Difference(since_ms, "today", act)

    def _look(self, at_ms: int) -> None:
        """Decide anew; what is not wanted any more was overtaken by what happened."""
        decided = self._decided(at_ms)
        self._overtaken |= {act: at_ms for act in self._due if act not in decided}
        self._due = {act: self._due.get(act, at_ms) for act in decided}
        self._told &= set(decided)
        later = (ms for ms in _waits(self.knows, self._agent, at_ms) if ms > at_ms)
        self._wake_ms = min(later, default=None)

    def _decided(self, at_ms: int) -> list[str]:
        return list(decided(self.knows, self._agent, at_ms))


def decided(knows: Knowledge, agent: AgentConfig, now_ms: int) -> Iterator[str]:
    """What is to be done now, in words."""
    for decision in _decisions(knows, agent, now_ms):
        if type(decision) in _PLAIN:
            yield _PLAIN[type(decision)]
        else:
            yield from _in_words(decision)
    if wants_apology(knows.conversation, agent):
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
        case Drop(reply_ids=reply_ids):
            yield from (f"drop {reply_id}" for reply_id in reply_ids)
        case EnterKeys(digits=digits):
            yield f"take {len(digits)} keys as an input"
        case GiveUp(reason=reason):
            yield f"give the call up ({reason})"
        case _:
            pass


def _waits(knows: Knowledge, agent: AgentConfig, now_ms: int) -> Iterator[int]:
    for decision in _decisions(knows, agent, now_ms):
        if isinstance(decision, WaitUntil):
            yield decision.at_ms


def _decisions(knows: Knowledge, agent: AgentConfig, now_ms: int) -> tuple[object, ...]:
    known, floor = knows.conversation, knows.floor
    if known.given_up:
        return ()
    return (
        turn_taking.decide(floor, known, agent, now_ms=now_ms),
        fillers.decide(knows.waiting, floor, known, agent, now_ms=now_ms),
        silence.decide(knows.quiet, floor, known, agent, now_ms=now_ms),
        giving_up.decide(knows.trouble, known, now_ms=now_ms),
    )


def acts_of(event: Event, knows: Knowledge) -> list[str]:
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
            return [f"take {len(knows.conversation.keys.rstrip('#'))} keys as an input"]
        case reply_pb2.FallbackRequested(reason=reason):
            return [f"give the call up ({reason})"]
        case _:
            return []
