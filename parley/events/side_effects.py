"""Waits until an owner may act irreversibly: its events are stored, and those of others are read."""

import asyncio
from collections.abc import Callable

from parley.bus import Bus
from parley.errors import BusError
from parley.events.outbox import Outbox

_POLL_INTERVAL_S = 0.005
_ACK_TIMEOUT_S = 0.5
_ACK_TIMEOUT_DISCONNECTED_S = 10.0


async def wait_ready(bus: Bus, outbox: Outbox, own_events: str, pending: Callable[[], int]) -> bool:
    """Wait until the events of a subject are stored and the pending ones are read.

    Returns False if the bus is unreachable. While a server responds, a stream without a leader is not waited
    for.
    """
    stored = await outbox.wait_subject_acked(own_events, _ACK_TIMEOUT_S)
    try:
        await bus.flush()
    except BusError:
        if not (stored or await outbox.wait_subject_acked(own_events, _ACK_TIMEOUT_DISCONNECTED_S)):
            return False
    while pending():  # noqa: ASYNC110 - the subscription has no event for it
        await asyncio.sleep(_POLL_INTERVAL_S)
    return True
