"""What a call's speculation cost: answers begun before the turn was surely over. No I/O, no clock."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from parley.events.envelope import event_body
from parley.v1 import reply_pb2
from parley.v1.event_pb2 import Event


@dataclass(frozen=True, slots=True)
class SpeculationCost:
    """How many, how many of them for nothing, and the characters of text that were made for nothing."""

    speculations: int = 0
    discarded: int = 0
    discarded_characters: int = 0


def speculation_cost(events: Iterable[Event]) -> SpeculationCost:
    """Counted over a call's log."""
    begun: set[str] = set()
    dropped: set[str] = set()
    characters: Counter[str] = Counter()
    for event in events:
        match event_body(event):
            case reply_pb2.ReplyStarted(reply_id=reply_id, speculative=True):
                begun.add(reply_id)
            case reply_pb2.ReplyClause(reply_id=reply_id, text=text):
                characters[reply_id] += len(text)
            case reply_pb2.ReplyCancelled(reply_id=reply_id, reason="speculation"):
                dropped.add(reply_id)
            case _:
                pass
    dropped &= begun
    return SpeculationCost(len(begun), len(dropped), sum(characters[reply_id] for reply_id in dropped))
