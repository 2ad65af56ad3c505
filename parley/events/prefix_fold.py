"""Folds a call's stored events, in slices: the state of a prefix of the log, and of the whole log."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from parley.bus import Message
from parley.clock import CallClock
from parley.events.envelope import parse
from parley.events.facts import FACTS, CallFacts
from parley.events.fencing import EventFence
from parley.events.fold import Fold
from parley.events.settled_order import SettledOrder, StoredEvent
from parley.events.time_slices import TimeSlices
from parley.telemetry.counts import MessageCounts
from parley.v1.event_pb2 import Event

log = structlog.get_logger()

_PIECE = 100
"""Number of messages that are put in order at once, in less than a millisecond."""


@dataclass(frozen=True, slots=True)
class States:
    """The states of a call's folds after the same events."""

    folds: tuple[Fold[Any], ...]
    """FACTS is the first."""
    values: tuple[Any, ...]

    @classmethod
    def initial(cls, folds: Iterable[Fold[Any]]) -> "States":
        """The states before the first event."""
        found = (FACTS, *folds)
        return cls(found, tuple(fold.initial() for fold in found))

    @property
    def facts(self) -> CallFacts:
        """The state of FACTS."""
        facts: CallFacts = self.values[0]
        return facts

    def of(self, fold: Fold[Any]) -> Any:
        """The state of one fold.

        Raises:
            LookupError: it is not one of `folds`.
        """
        for one, value in zip(self.folds, self.values, strict=True):
            if one is fold:
                return value
        raise LookupError(f"the log was not opened with the fold {fold.name}")

    def evolve(self, event: Event) -> "States":
        """The states after an event, at the call time at which it was sent."""
        clock = self.facts.clock or CallClock(event.sent_at_us)
        at_ms = clock.ms_at(event.sent_at_us)
        values = (
            fold.evolve(value, event, at_ms) for fold, value in zip(self.folds, self.values, strict=True)
        )
        return States(self.folds, tuple(values))

    @property
    def storable(self) -> bool:
        """Whether all of them can be stored."""
        return all(fold.codec is not None for fold in self.folds)


@dataclass(slots=True)
class PrefixFold:
    """The states after the settled events of a call's log, and the unsettled events behind them.

    The states depend on stored events alone, never on a session's memory, so that they can be stored as a
    snapshot: every fold of the same prefix has the same result.
    """

    states: States
    fence: EventFence
    """Has admitted the events that are folded."""
    order: SettledOrder
    slices: TimeSlices
    last_read: int = 0
    """Sequence of the last message read."""

    @classmethod
    def from_start(
        cls, folds: Iterable[Fold[Any]], slices: TimeSlices, counts: MessageCounts
    ) -> "PrefixFold":
        """The states before the first event; `counts` counts the discarded events."""
        return cls(States.initial(folds), EventFence(), SettledOrder(EventFence(counts)), slices)

    @property
    def position(self) -> int:
        """Sequence up to which the states contain every stored event."""
        return self.order.position

    @property
    def recent(self) -> tuple[Event, ...]:
        """The events read that are not settled, in order."""
        return tuple(one.event for one in self.order.unsettled)

    async def add(self, messages: Sequence[Message]) -> list[Event]:
        """Read the next stored messages, in order; return the events that were added to the states."""
        settled = []
        for first in range(0, len(messages), _PIECE):
            settled += await self._add_piece(messages[first : first + _PIECE])
        return settled

    async def _add_piece(self, messages: Sequence[Message]) -> list[Event]:
        await self.slices.breathe()
        stored = []
        for message in messages:
            if (event := parse(message.data)) is None:
                log.warning("event_not_parsable", size=len(message.data))
            else:
                stored.append(StoredEvent(message.sequence, event))
            await self.slices.breathe()
        settled = [one.event for one in self.order.add(stored)]
        for event in settled:
            self.fence.admit(event)
            self.states = self.states.evolve(event)
            await self.slices.breathe()
        self.last_read = messages[-1].sequence
        return settled

    async def complete(self) -> States:
        """The states after all events read, settled or not.

        A fold may change them in place. States that cannot be stored are no longer folded by this prefix.
        """
        states = self.states
        if states.storable:
            states = States(states.folds, tuple(map(_independent, states.folds, states.values)))
        else:
            self.states = States(states.folds[:1], states.values[:1])
        for one in self.order.unsettled:
            states = states.evolve(one.event)
            await self.slices.breathe()
        return states


def _independent(fold: Fold[Any], state: Any) -> Any:
    """The state, copied unless it is immutable."""
    parameters = getattr(state, "__dataclass_params__", None)
    if fold.codec is None or (parameters is not None and parameters.frozen):
        return state
    return fold.codec.decode(fold.codec.encode(state))
