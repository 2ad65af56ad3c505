"""The event log of a call together with the brain's state folded from it."""

from parley.events.envelope import Body
from parley.events.log import CallEventLog
from parley.v1.event_pb2 import Event
from services.brain.conversation import Conversation
from services.brain.state import BrainState


class SessionLog:
    """Applies each event to the state; events that the brain appends are applied at once."""

    def __init__(self, log: CallEventLog) -> None:
        self._log = log
        self.state = BrainState()

    @property
    def conversation(self) -> Conversation:
        """The dialogue up to now."""
        return self.state.conversation

    def now_ms(self) -> int:
        """Return the current call time."""
        return self._log.now_ms()

    def apply_history(self) -> None:
        """Apply the events that precede this session, each at the time when it was sent."""
        for event in self._log.history:
            self.state = self.state.evolve(event, self._log.clock.ms_at(event.sent_at_us))

    def apply(self, event: Event) -> None:
        """Apply an event that arrived now."""
        self.state = self.state.evolve(event, self.now_ms())

    async def append(self, *bodies: Body) -> None:
        """Append events of the brain and apply them."""
        for body in bodies:
            self.apply(await self._log.append(body))
