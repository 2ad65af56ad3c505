"""The event log of a call together with the brain's state folded from it."""

from collections.abc import Callable

from parley.events.envelope import Body
from parley.events.fold import Fold
from parley.events.log import CallEventLog
from parley.events.state_codec import dataclass_codec
from parley.v1.event_pb2 import Event
from services.brain.conversation import Conversation
from services.brain.state import BrainState

BRAIN = Fold("brain", BrainState, BrainState.evolve, dataclass_codec(BrainState))
"""The state that a brain's owner starts with."""


class SessionLog:
    """Applies each event to the state; events that the brain appends are applied at once."""

    def __init__(self, log: CallEventLog) -> None:
        self._log = log
        self.state = BrainState()
        self._watchers: list[Callable[[Event], None]] = []

    def watch(self, watcher: Callable[[Event], None]) -> None:
        """Have a function called with each event after it has been applied."""
        self._watchers.append(watcher)

    @property
    def conversation(self) -> Conversation:
        """The dialogue up to now."""
        return self.state.conversation

    def now_ms(self) -> int:
        """Return the current call time."""
        return self._log.now_ms()

    def restore(self) -> None:
        """Start with the state after the events that precede this session."""
        self.state = self._log.folded(BRAIN)

    def apply(self, event: Event) -> None:
        """Apply an event that arrived now."""
        self.state = self.state.evolve(event, self.now_ms())
        for watcher in self._watchers:
            watcher(event)

    async def append(self, *bodies: Body) -> None:
        """Append events of the brain and apply them."""
        for body in bodies:
            await self.append_one(body)

    async def append_one(self, body: Body) -> Event:
        """Append an event of the brain, apply it and return it."""
        event = await self._log.append(body)
        self.apply(event)
        return event
