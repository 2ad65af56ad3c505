"""The state of a call after its log's events."""

from parley.agent_config import call_data
from parley.events.envelope import Body
from parley.v1.call_pb2 import (
    CallEnded,
    CallStarted,
    StreamFailed,
    StreamResuming,
    StreamStarted,
    StreamStopped,
)
from parley.v1.event_pb2 import Event
from services.edge.calls.call_state import CallState, evolve
from tests.event_factories import START_US, event

STARTED = event(CallStarted(agent="clinic", public_url="https://example.com"))


def edge_event(body: Body, epoch: int) -> Event:
    return event(body, stage="edge", epoch=epoch)


def state_after(*events: Event) -> CallState:
    """The state after call.started and further events, at positions 1, 2 and so on."""
    call: CallState | None = None
    for position, each in enumerate((STARTED, *events), 1):
        call = evolve(call, each, position)
    assert call is not None
    return call


def test_a_call_starts_with_call_started() -> None:
    """Events before it are ignored."""
    assert evolve(None, event(CallEnded(reason="completed")), 1) is None
    assert state_after() == CallState(START_US, "clinic", "https://example.com", data=call_data(STARTED))


def test_the_last_stream_counts() -> None:
    """A stop of an earlier stream does not stop it, and an older epoch does not replace it."""
    first, second = StreamStarted(stream_sid="MZ1"), StreamStarted(stream_sid="MZ2")
    call = state_after(
        edge_event(first, 1),
        edge_event(second, 2),
        edge_event(StreamStopped(stream_sid="MZ1", reason="lost"), 1),
        edge_event(first, 1),
    )

    assert (call.stream_epoch, call.stream_sid, call.stream_position, call.stop_reason) == (2, "MZ2", 3, "")


def test_a_call_is_resuming_until_its_next_stream_starts() -> None:
    """The attempt and its method belong to the last stream."""
    started = edge_event(StreamStarted(stream_sid="MZ1"), 1)
    resuming = event(StreamResuming(epoch=1, method="rest"), at_ms=500)
    call = state_after(started, resuming)

    assert (call.is_resuming, call.resume_method) == (True, "rest")
    assert (call.resuming_at_us, call.resuming_position) == (START_US + 500_000, 3)

    call = state_after(started, resuming, edge_event(StreamStarted(stream_sid="MZ2"), 2))
    assert (call.is_resuming, call.resume_method) == (False, "")


def test_unopened_streams_count_until_one_starts() -> None:
    """An error that is reported after a later stream has started does not count."""
    failed = event(StreamFailed(stream_sid="MZ1", code=31920))
    call = state_after(failed, event(StreamFailed(stream_sid="MZ2", code=31902)))
    assert (call.failed_sids, call.failure_code, call.failed_position) == (
        frozenset({"MZ1", "MZ2"}),
        31902,
        3,
    )

    call = state_after(failed, edge_event(StreamStarted(stream_sid="MZ3"), 1), failed)
    assert (call.failed_sids, call.failed_position, call.stream_sids) == (
        frozenset[str](),
        4,
        frozenset({"MZ3"}),
    )


def test_an_end_without_a_reason_counts_as_completed() -> None:
    """The reason is never empty once the call has ended."""
    assert state_after(event(CallEnded())).end_reason == "completed"
    assert state_after(event(CallEnded(reason="busy"))).end_reason == "busy"
