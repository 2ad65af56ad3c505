"""Tests for the transfers and messages on a call's record."""

from parley.events.envelope import Body
from parley.v1.telephony_pb2 import (
    TRANSFER_KIND_COLD,
    TRANSFER_KIND_WARM,
    MessageRequested,
    MessageSent,
    TransferFinished,
    TransferLegUpdated,
    TransferRequested,
)
from services.recorder.telephone_outcomes import TelephoneOutcomes, TextMessage, Transfer, as_objects

WARM = TransferRequested(tool_call_id="t1", kind=TRANSFER_KIND_WARM)
COLD = TransferRequested(tool_call_id="t2", kind=TRANSFER_KIND_COLD)
SMS = MessageRequested(tool_call_id="m1", to="+15550001", body="Hello")


def outcomes_of(*events: tuple[int, Body]) -> TelephoneOutcomes:
    """The outcomes after events at these call times."""
    outcomes = TelephoneOutcomes()
    for at_ms, body in events:
        outcomes.apply(body, at_ms)
    return outcomes


def test_each_transfer_has_its_outcome_and_duration() -> None:
    """A person who has the caller talks on after the end: the duration is that until the connection."""
    declined = TransferFinished(
        tool_call_id="t1", outcome="declined", target="sales", address="+15550002", reason="pressed 2"
    )
    taken = TransferFinished(tool_call_id="t2", outcome="transferred", target="desk", joined_ms=16_000)

    found = outcomes_of(
        (1000, WARM),
        (2000, TransferLegUpdated(tool_call_id="t1", status="answered")),
        (9000, declined),
        (10_000, COLD),
        (60_000, taken),
    ).transfers

    assert found == (
        Transfer("warm", 1000, "declined", "sales", "+15550002", "pressed 2", None, 8000),
        Transfer("cold", 10_000, "transferred", "desk", "", "", 16_000, 6000),
    )


def test_a_transfer_without_an_outcome_stays_on_the_record() -> None:
    """A repeated request, as after a takeover, is the same transfer, and its first outcome counts."""
    assert outcomes_of((1000, WARM), (1500, WARM)).transfers == (Transfer("warm", 1000),)
    busy, failed = (TransferFinished(tool_call_id="t1", outcome=each) for each in ("busy", "failed"))
    [transfer] = outcomes_of((1000, WARM), (2000, busy), (3000, failed), (4000, WARM)).transfers
    assert (transfer.outcome, transfer.duration_ms) == ("busy", 1000)
    assert not outcomes_of((1000, busy)).transfers


def test_each_message_has_its_outcome() -> None:
    """Its text is in the events only."""
    refused = MessageSent(tool_call_id="m1", failed=True, code=21610, reason="the number has unsubscribed")

    [message] = outcomes_of((1000, SMS), (1200, refused), (1300, MessageSent(tool_call_id="m1"))).messages

    assert message == TextMessage(1000, "+15550001", "failed", "", 21610, "the number has unsubscribed")
    assert "Hello" not in str(as_objects((message,)))
    accepted = MessageSent(tool_call_id="m1", message_sid="SM1")
    assert [m.outcome for m in outcomes_of((0, SMS), (1, accepted)).messages] == ["sent"]
    assert [m.outcome for m in outcomes_of((0, SMS)).messages] == ["unknown"]
