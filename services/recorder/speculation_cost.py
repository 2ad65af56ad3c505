"""The cost of a call's speculation: replies started before the turn's end was confirmed. No I/O, no clock."""

from dataclasses import dataclass, field

from parley.events.envelope import Body
from parley.v1 import reply_pb2


@dataclass(frozen=True, slots=True)
class SpeculationCost:
    """Number of speculative replies, of those discarded, and of characters in the discarded ones."""

    speculations: int = 0
    discarded: int = 0
    discarded_characters: int = 0


@dataclass(slots=True)
class SpeculationCosts:
    """Adds up the cost from the events of a call's log."""

    _speculative: set[str] = field(default_factory=set)
    _discarded: set[str] = field(default_factory=set)
    _characters: dict[str, int] = field(default_factory=dict)

    def apply(self, event: Body) -> None:
        """Apply an event of the call."""
        match event:
            case reply_pb2.ReplyStarted(reply_id=reply_id, speculative=True):
                self._speculative.add(reply_id)
            case reply_pb2.ReplyClause(reply_id=reply_id, text=text):
                self._characters[reply_id] = self._characters.get(reply_id, 0) + len(text)
            case reply_pb2.ReplyCancelled(reply_id=reply_id, reason="speculation"):
                self._discarded.add(reply_id)
            case _:
                pass

    @property
    def total(self) -> SpeculationCost:
        """The cost of the events so far."""
        discarded = self._discarded & self._speculative
        return SpeculationCost(
            len(self._speculative),
            len(discarded),
            sum(self._characters.get(reply_id, 0) for reply_id in discarded),
        )
