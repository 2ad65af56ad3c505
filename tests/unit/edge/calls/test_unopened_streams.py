"""Decisions after a stream that Twilio could not open."""

from dataclasses import dataclass, replace
from typing import cast

import pytest

from parley.bus import Bus
from parley.clock import now_us
from parley.errors import BusError
from parley.v1.call_pb2 import StreamStarted
from services.edge.calls.call_state import CallState
from services.edge.calls.unopened_streams import failed_attempts, must_fall_back
from services.edge.twilio.twiml import Attempt
from tests.event_factories import event

CALL = CallState(now_us(), "clinic")
FAILED = replace(CALL, failed_sids=frozenset({"MZ1"}))


@dataclass
class StoredStart:
    """A bus whose last stream.started is this old; None: no stream has started."""

    age_s: float | None = None
    error: bool = False

    @property
    def streams(self) -> "StoredStart":
        """The streams of the bus."""
        return self

    @property
    def data(self) -> bytes:
        """The message's payload."""
        started = event(StreamStarted(stream_sid="MZ0"))
        started.sent_at_us = now_us() - round((self.age_s or 0) * 1e6)
        return started.SerializeToString()

    async def last_message(self, _stream: object, subject: str) -> "StoredStart | None":
        """Read the last message of a subject."""
        assert subject == "call.*.stream.started"
        if self.error:
            raise BusError("no leader")
        return None if self.age_s is None else self


@pytest.mark.parametrize(
    ("call", "attempts", "bus", "falls_back"),
    [
        (CALL, 0, StoredStart(), False),
        (CALL, 2, StoredStart(), False),
        (CALL, 3, StoredStart(1), True),
        (FAILED, 1, StoredStart(), True),
        (FAILED, 1, StoredStart(60), False),
        (FAILED, 1, StoredStart(7200), True),
        (FAILED, 1, StoredStart(error=True), False),
    ],
)
async def test_an_error_ends_the_attempts_unless_streams_start_on_this_system(
    call: CallState, attempts: int, bus: StoredStart, *, falls_back: bool
) -> None:
    """An edge that died at the wrong moment must not cost the call."""
    assert await must_fall_back(cast("Bus", bus), call, attempts) is falls_back


def test_attempts_are_counted_by_request_and_by_report() -> None:
    """Twilio may report no error, or continue by none of its requests."""
    assert failed_attempts(CALL, Attempt(2)) == 2
    assert failed_attempts(FAILED, Attempt(0)) == 1
    assert failed_attempts(replace(FAILED, stream_epoch=1), Attempt(3)) == 1
