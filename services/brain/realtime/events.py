"""Results that a realtime session passes to the brain."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from parley.events.envelope import Body
from services.brain.generation.generator import GenerationEvent


@dataclass(frozen=True, slots=True)
class CallEvents:
    """Events to append to the log."""

    bodies: Sequence[Body]


EmitItem: TypeAlias = Callable[[CallEvents | GenerationEvent], Awaitable[None]]
