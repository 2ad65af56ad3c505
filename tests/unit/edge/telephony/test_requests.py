"""The fold of a call's telephone requests."""

import pytest

from parley.events.envelope import Body
from parley.v1.call_pb2 import CallEnded, StreamStarted
from parley.v1.telephony_pb2 import (
    DtmfRequested,
    DtmfSent,
    MessageRequested,
    MessageSent,
    StreamRedirected,
    TelephonyAttempted,
    TransferFinished,
    TransferLegUpdated,
    TransferRequested,
)
from services.edge.telephony.requests import (
    TELEPHONY,
    DtmfState,
    Leg,
    MessageState,
    TelephonyState,
    TransferState,
    evolve,
)
from tests.event_factories import event


def folded(*bodies: Body) -> TelephonyState:
    """The state after these events."""
    state = TelephonyState()
    for body in bodies:
        state = evolve(state, event(body))
    return state


def test_a_repeated_request_changes_nothing() -> None:
    """Neither while it is open nor after its outcome."""
    wanted = MessageRequested(tool_call_id="m")
    state = folded(*[wanted] * 1000, TelephonyAttempted(tool_call_id="m"), *[wanted] * 1000)
    message = state.open["m"]
    assert isinstance(message, MessageState)
    assert message.attempted_us
    evolve(state, event(MessageSent(tool_call_id="m", message_sid="SM1")))
    evolve(state, event(wanted))

    assert (state.open, state.done, state.message_sids) == ({}, {"m": "sent"}, ["SM1"])


def test_the_state_is_the_same_after_a_snapshot() -> None:
    """An edge that takes over reads it, and a long call does not make it larger."""
    state = folded(TransferRequested(tool_call_id="t"), TelephonyAttempted(tool_call_id="t"))
    for number in range(3000):
        evolve(state, event(MessageSent(tool_call_id=f"m{number}", message_sid=f"SM{number}")))

    assert TELEPHONY.codec is not None
    assert TELEPHONY.codec.decode(TELEPHONY.codec.encode(state)) == state
    assert (len(state.done), len(state.message_sids)) == (1024, 50)


def test_keys_are_pressed_when_the_stream_after_them_has_started() -> None:
    """Another stream shows nothing."""
    state = folded(DtmfRequested(tool_call_id="d"), StreamStarted(), StreamStarted(after_tool_call_id="d"))
    keys = state.open["d"]

    assert isinstance(keys, DtmfState)
    assert keys.pressed
    evolve(state, event(DtmfSent(tool_call_id="d", failed=True)))
    assert state.done == {"d": "failed"}


def test_a_transfer_keeps_its_legs_until_it_has_an_outcome() -> None:
    """Updates of an unknown transfer are ignored."""
    state = folded(
        TransferRequested(tool_call_id="t"),
        TelephonyAttempted(tool_call_id="t", target=1),
        TransferLegUpdated(tool_call_id="t", target=1, call_sid="CA9", status="initiated"),
        TransferLegUpdated(tool_call_id="x", status="busy"),
        StreamRedirected(tool_call_id="t"),
    )
    [transfer] = state.transfers()

    assert (transfer.legs[1].call_sid, transfer.legs[1].result) == ("CA9", "")
    assert transfer.redirected_us
    assert 1 in transfer.attempted_us
    evolve(state, event(StreamRedirected(tool_call_id="t", withdrawn=True)))
    assert not transfer.redirected_us
    evolve(state, event(TransferFinished(tool_call_id="t", outcome="busy")))
    evolve(state, event(CallEnded()))
    assert (state.done, state.ended) == ({"t": "busy"}, True)


@pytest.mark.parametrize(
    ("statuses", "result"),
    [
        (("initiated", "answered"), ""),
        (("answered", "accepted"), "accepted"),
        (("accepted", "completed"), "declined"),
        (("answered", "completed"), "declined"),
        (("completed",), "no-answer"),
        (("completed", "declined"), "declined"),
        (("machine", "completed"), "machine"),
        (("initiated", "busy"), "busy"),
        (("failed", "initiated"), "failed"),
    ],
)
def test_the_result_of_a_leg_does_not_depend_on_the_order_of_callbacks(
    statuses: tuple[str, ...], result: str
) -> None:
    """Twilio's callbacks may overtake each other."""
    for order in (statuses, tuple(reversed(statuses))):
        updates = (TransferLegUpdated(tool_call_id="t", status=status) for status in order)
        state = folded(TransferRequested(tool_call_id="t"), *updates)
        [transfer] = state.transfers()
        assert isinstance(transfer, TransferState)
        assert transfer.legs.get(0, Leg()).result == result
