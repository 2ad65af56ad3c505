"""Personal fields are hidden in logs."""

from parley.telemetry.redaction import redacted
from parley.v1.call_pb2 import CallStarted


def test_numbers_are_hidden_and_the_rest_is_shown() -> None:
    """A caller's number is hidden, an agent's name is not."""
    shown = redacted(CallStarted(from_number="+15551234567", agent="clinic"))

    assert shown == {"from_number": "***", "agent": "clinic"}
