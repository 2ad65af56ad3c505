"""The cost of a call's speculation: replies started before the turn's end was confirmed. No I/O, no clock."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from parley.events.envelope import event_body
from parley.v1 import reply_pb2
from parley.v1.event_pb2 import Event


@dataclass(frozen=True, slots=True)
class SpeculationCost:
    """Number of speculative replies, of those discarded, and of characters in the discarded ones."""

    speculations: int = 0
    discarded: int = 0
    discarded_characters: int = 0


def speculation_cost(events: Iterable[Event]) -> SpeculationCost:
    """Compute the cost from a call's log."""
    speculative: set[str] = set()
    discarded: set[str] = set()
    characters: Counter[str] = Counter()
    for event in events:
        match event_body(event):
            case reply_pb2.ReplyStarted(reply_id=reply_id, speculative=True):
                speculative.add(reply_id)
            case reply_pb2.ReplyClause(reply_id=reply_id, text=text):
                characters[reply_id] += len(text)
            case reply_pb2.ReplyCancelled(reply_id=reply_id, reason="speculation"):
                discarded.add(reply_id)
            case _:
                pass
    discarded &= speculative
    return SpeculationCost(
        len(speculative), len(discarded), sum(characters[reply_id] for reply_id in discarded)
    )
