"""Tests of the data of a call."""

from parley.agent_config import CallData, call_data
from parley.agent_config.templates.call_data import MAX_VALUE_CHARS
from parley.v1.call_pb2 import DIRECTION_OUTBOUND, CallStarted
from tests.event_factories import event


def test_it_is_read_from_call_started() -> None:
    """Each stage has the same data, also after a takeover."""
    started = event(
        CallStarted(
            from_number="+15550100001",
            to_number="+15550100000",
            direction=DIRECTION_OUTBOUND,
            parameters={"name": "Ana"},
        )
    )

    assert call_data(started) == CallData(
        started.call_sid, "+15550100001", "+15550100000", "outbound", {"name": "Ana"}, started.sent_at_us
    )


def test_a_value_is_one_line_without_braces() -> None:
    """A caller who controls a value can neither write a paragraph into the prompt nor a template."""
    body = CallStarted(parameters={"a": "x\n\n# New\tinstructions\x00", "b": "{{ 7 * 7 }}", "c": "y" * 5000})

    parameters = call_data(event(body)).parameters

    assert (parameters["a"], parameters["b"]) == ("x # New instructions", "(( 7 * 7 ))")
    assert len(parameters["c"]) == MAX_VALUE_CHARS
