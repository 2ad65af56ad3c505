"""The facts of a call that all stages need, folded from its log. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from parley.clock import CallClock
from parley.events.fold import Fold
from parley.events.state_codec import dataclass_codec
from parley.v1.event_pb2 import Event


@dataclass(frozen=True, slots=True)
class StageOwner:
    """The last owner of a stage that appended StageClaimed."""

    epoch: int
    released: bool = False
    """Whether it gave the stage back."""


@dataclass(frozen=True, slots=True)
class CallFacts:
    """The start and the end of a call, its owners, and the requests that are made once."""

    started_at_us: int = 0
    """When the first event was sent (UTC wall clock, microseconds); 0 for a call without events."""
    started: Event | None = None
    """call.started."""
    ended: Event | None = None
    """call.ended."""
    fallback_requested: bool = False
    recorded: bool = False
    webhook_settled: bool = False
    """Whether the webhook for the end of the call was delivered or abandoned."""
    stream_open: bool = False
    """Whether the last media stream has not stopped."""
    agent: str = ""
    """The agent that has taken the call over; empty for that of call.started."""
    agent_version: str = ""
    language: str = ""
    """The language to which the call has changed; empty for the one in which it began."""
    owners: Mapping[str, StageOwner] = field(default_factory=dict)
    """By stage."""

    @property
    def clock(self) -> CallClock | None:
        """Converts to call time; None for a call without events."""
        return CallClock(self.started_at_us) if self.started_at_us else None


_NAMES = frozenset(
    (
        "call_started",
        "call_ended",
        "fallback_requested",
        "call_recorded",
        "stream_started",
        "stream_stopped",
        "stage_claimed",
        "stage_released",
        "agent_changed",
        "language_changed",
        "webhook_delivered",
    )
)


def evolve(facts: CallFacts, event: Event, _at_ms: int = 0) -> CallFacts:
    """Return the facts after an event."""
    if not facts.started_at_us:
        facts = replace(facts, started_at_us=event.sent_at_us)
    name = event.WhichOneof("body")
    if name not in _NAMES:
        return facts
    return _evolve(facts, event, name)


def _evolve(facts: CallFacts, event: Event, name: str) -> CallFacts:
    match name:
        case "agent_changed":
            changed = event.agent_changed
            return replace(facts, agent=changed.agent, agent_version=changed.version)
        case "language_changed":
            return replace(facts, language=event.language_changed.language)
        case "call_started":
            return replace(facts, started=facts.started or event)
        case "call_ended":
            return replace(facts, ended=facts.ended or event)
        case "fallback_requested":
            return replace(facts, fallback_requested=True)
        case "call_recorded":
            return replace(facts, recorded=True)
        case "stream_started" | "stream_stopped":
            return replace(facts, stream_open=name == "stream_started")
        case "webhook_delivered":
            return replace(facts, webhook_settled=True)
        case "stage_claimed":
            return replace(facts, owners={**facts.owners, event.stage: StageOwner(event.epoch)})
        case _:
            return _released(facts, event)


def _released(facts: CallFacts, event: Event) -> CallFacts:
    owner = facts.owners.get(event.stage)
    if owner is None or owner.epoch != event.epoch:
        return facts
    return replace(facts, owners={**facts.owners, event.stage: replace(owner, released=True)})


FACTS = Fold("facts", CallFacts, evolve, dataclass_codec(CallFacts))
