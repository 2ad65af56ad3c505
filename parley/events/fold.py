"""A stage's state as a fold over a call's log, and how the state is stored. No I/O."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from parley.events.state_codec import StateCodec
from parley.v1.event_pb2 import Event

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Fold(Generic[S]):
    """Computes a state from a call's events; without side effects, because events are folded more than once.

    The log folds the events of the past before a session starts, and stored events again for snapshots.
    `evolve` may change the state in place and return it.
    """

    name: str
    """Unique among the folds of a stage."""
    initial: Callable[[], S]
    """The state before the first event."""
    evolve: Callable[[S, Event, int], S]
    """The state after an event that was sent at a call time (ms)."""
    codec: StateCodec[S] | None = None
    """Stores the state in snapshots; without it, the stage's next owner folds the whole log."""
