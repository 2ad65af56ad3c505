"""Events of one stage in the order in which it said them. No I/O."""

from collections import defaultdict
from collections.abc import Sequence

from parley.v1.event_pb2 import Event


def restore_stage_order(events: Sequence[Event]) -> list[Event]:
    """The same events: where a stage's own are out of order, they change places among themselves.

    An event whose ack was lost is said again, and lies in the log behind those that followed it.
    """
    places: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for place, event in enumerate(events):
        # What is said of a call without owning a stage (epoch 0) is stored before anything follows on it.
        if event.epoch:
            places[event.stage, event.epoch].append(place)
    ordered = list(events)
    for mine in places.values():
        said = sorted((events[place] for place in mine), key=lambda event: event.sequence)
        for place, event in zip(mine, said, strict=True):
            ordered[place] = event
    return ordered
