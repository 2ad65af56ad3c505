"""The brain's state of one call, folded from its event log. No I/O, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from parley.v1.event_pb2 import Event
from services.brain import conversation_fold, realtime_state, tool_outcomes
from services.brain.conversation import Conversation
from services.brain.policies import call_limit, escalation, fillers, floor_state, idle_policy
from services.brain.policies.call_limit import LimitState
from services.brain.policies.escalation import ServiceHealth
from services.brain.policies.fillers import WaitState
from services.brain.policies.floor_state import FloorState
from services.brain.policies.idle_policy import IdleState
from services.brain.realtime_state import RealtimeState


@dataclass(frozen=True, slots=True)
class BrainState:
    """Folds over the same events: the conversation, one for each timed policy, and answers to tools."""

    conversation: Conversation = field(default_factory=Conversation)
    floor: FloorState = field(default_factory=FloorState)
    idle: IdleState = field(default_factory=IdleState)
    limit: LimitState = field(default_factory=LimitState)
    latency_wait: WaitState = field(default_factory=WaitState)
    health: ServiceHealth = field(default_factory=ServiceHealth)
    tool_outcomes: Mapping[str, Event] = field(default_factory=dict)
    """Other stages' answers to tools that have not returned yet, by tool_call_id."""

    realtime: RealtimeState = field(default_factory=RealtimeState)
    """The state of a call in mode `realtime`."""

    def evolve(self, event: Event, now_ms: int) -> "BrainState":
        """Return the state after an event that arrived at `now_ms` (call time)."""
        return BrainState(
            conversation_fold.evolve(self.conversation, event),
            floor_state.evolve(self.floor, event, now_ms=now_ms),
            idle_policy.evolve(self.idle, event, now_ms=now_ms),
            call_limit.evolve(self.limit, event),
            fillers.evolve(self.latency_wait, event, now_ms=now_ms),
            escalation.evolve(self.health, event, now_ms=now_ms),
            tool_outcomes.evolve(self.tool_outcomes, event),
            realtime_state.evolve(self.realtime, event),
        )
