"""Events for the recorder's tests."""

from parley.events.envelope import Body, wrap
from parley.v1.event_pb2 import Event

START_US = 1_763_700_000_000_000


def log_of(*said: tuple[int, Body]) -> list[Event]:
    """A call's log: call time of each saying, and what was said."""
    return [
        wrap(
            body,
            call_sid="CA1",
            stage="test",
            epoch=1,
            sequence=n,
            sent_at_us=START_US + at_ms * 1000,
            traceparent="",
        )
        for n, (at_ms, body) in enumerate(said, 1)
    ]
