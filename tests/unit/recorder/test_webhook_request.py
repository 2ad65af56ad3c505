"""Tests for the request of a webhook."""

import json
from dataclasses import replace

from services.recorder.collected import Collected
from services.recorder.transcript import Line
from services.recorder.webhook_request import call_ended_body, headers, signature
from tests.unit.recorder.test_call_record import EVENTS, record_of


def test_the_signature_is_that_of_the_specification() -> None:
    """The example of Standard Webhooks."""
    body = b'{"test": 2432232314}'
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - the specification's example

    found = signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, secret)

    assert found == "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_without_the_prefix_is_used_as_it_is() -> None:
    """It is Base64 only after the prefix."""
    assert signature("a", 1, b"", "abc") != signature("a", 1, b"", "whsec_abcd")
    assert signature("a", 1, b"", "whsec_*") == signature("a", 1, b"", "whsec_*")


def test_without_a_secret_the_request_is_not_signed() -> None:
    """The id is the same in all attempts."""
    found = headers("call_ended:CA1", 1, b"", "")

    assert "webhook-signature" not in found
    assert found["webhook-id"] == found["Idempotency-Key"] == "call_ended:CA1"


def test_the_body_has_the_record() -> None:
    """The transcript, the agents and the data are part of it."""
    record = record_of(EVENTS, "file:///x.wav")
    call = replace(record.call, next_agents=("sales",), data={"name": Collected("Ann", confirmed=True)})

    data = json.loads(call_ended_body(replace(record, call=call)))["data"]

    assert (data["call_sid"], data["from"], data["agents"]) == ("CA1", "+1555", ["clinic", "sales"])
    assert data["data"] == {"name": {"value": "Ann", "confirmed": True}}
    assert [line["text"] for line in data["lines"]] == ["Hi", "Good day."]


def test_a_very_long_transcript_is_left_out() -> None:
    """The receiver reads it from the stored file."""
    record = record_of(EVENTS)
    line = Line("caller", "x" * 1_000_000, 0, 1, 1)

    assert json.loads(call_ended_body(replace(record, lines=(line,))))["data"]["lines"] is None
