"""All that the brain knows of a call, folded from its log. No I/O, no clock."""

from dataclasses import dataclass, field

from parley.v1.event_pb2 import Event
from services.brain import conversation, fillers, giving_up, silence, turn_taking
from services.brain.conversation import Conversation
from services.brain.fillers import Waiting
from services.brain.giving_up import Trouble
from services.brain.silence import Quiet
from services.brain.turn_taking import Floor


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Five folds over the same events, each for one kind of decision."""

    conversation: Conversation = field(default_factory=Conversation)
    floor: Floor = field(default_factory=Floor)
    quiet: Quiet = field(default_factory=Quiet)
    waiting: Waiting = field(default_factory=Waiting)
    trouble: Trouble = field(default_factory=Trouble)

    def after(self, event: Event, now_ms: int) -> "Knowledge":
        """What is known after an event, which came at `now_ms` (call time)."""
        return Knowledge(
            conversation.evolve(self.conversation, event),
            turn_taking.evolve(self.floor, event, now_ms=now_ms),
            silence.evolve(self.quiet, event, now_ms=now_ms),
            fillers.evolve(self.waiting, event, now_ms=now_ms),
            giving_up.evolve(self.trouble, event, now_ms=now_ms),
        )
