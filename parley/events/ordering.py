"""Restores the order of each stage's events. No I/O."""

from collections import defaultdict
from collections.abc import Sequence

from parley.v1.event_pb2 import Event


def restore_stage_order(events: Sequence[Event]) -> list[Event]:
    """Return the same events; an owner's out-of-order events swap positions among themselves.

    An event whose ack was lost is resent, and is then stored after the events that followed it.
    """
    positions: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for position, event in enumerate(events):
        # An event that is not appended by a stage's owner (epoch 0) is stored before anything follows from
        # it.
        if event.epoch:
            positions[event.stage, event.epoch].append(position)
    ordered = list(events)
    for owned in positions.values():
        in_order = sorted((events[position] for position in owned), key=lambda event: event.sequence)
        for position, event in zip(owned, in_order, strict=True):
            ordered[position] = event
    return ordered
