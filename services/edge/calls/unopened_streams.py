"""Decides what follows when Twilio cannot open a call's media stream.

Without this, `<Connect>` and `<Redirect>` would alternate for the rest of the call: silence, billed.
"""

from google.protobuf.message import DecodeError

from parley.bus import Bus, streams, subjects
from parley.clock import now_us
from parley.errors import BusError
from parley.v1.event_pb2 import Event
from services.edge.calls.call_state import CallState
from services.edge.twilio.twiml import Attempt

MAX_ATTEMPTS = 3
_PROOF_AGE_S = 3600.0
"""A stream that started this recently, of any call, proves that Twilio can reach the edge."""


def failed_attempts(call: CallState, answered: Attempt) -> int:
    """Number of attempts without a start, when Twilio asks what follows after `answered`."""
    by_request = answered.number if answered.after_epoch == call.stream_epoch else 0
    return max(by_request, len(call.failed_sids))


async def must_fall_back(bus: Bus, call: CallState, attempts: int) -> bool:
    """Whether no further attempt should be made after `attempts` without a start.

    An error before any stream has ever started means that the address is wrong. On a system whose streams
    start, it is more likely that an edge has just died, so the call gets all its attempts.
    """
    if attempts >= MAX_ATTEMPTS:
        return True
    return bool(call.failed_sids) and not await _is_address_proven(bus)


async def _is_address_proven(bus: Bus) -> bool:
    try:
        last = await bus.streams.last_message(streams.CALLS, subjects.call_event("*", "stream_started"))
        sent_at_us = Event.FromString(last.data).sent_at_us if last is not None else 0
    except (BusError, TimeoutError, DecodeError):
        return True
    return now_us() - sent_at_us < _PROOF_AGE_S * 1e6
