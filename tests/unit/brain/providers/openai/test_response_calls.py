"""Tool calls of a response."""

from typing import Any

import pytest

from parley.errors import ProviderUnavailable
from services.brain.providers.openai.response_calls import ResponseCalls
from services.brain.providers.openai.tool_call_parts import MAX_CALLS
from services.brain.providers.streams.history import REASONING_ITEMS


def item(number: int, arguments: Any = "", **fields: Any) -> dict[str, Any]:
    return {
        "type": "function_call",
        "id": f"fc_{number}",
        "call_id": f"call_{number}",
        "name": "book",
        "arguments": arguments,
        **fields,
    }


def test_the_finished_item_is_the_authority() -> None:
    """Deltas before it count only until it has arrived."""
    calls = ResponseCalls()
    calls.item(item(1), 0, complete=False)
    calls.arguments({"item_id": "fc_1", "output_index": 0, "delta": '{"a"'})
    calls.item(item(1, '{"a": 1}', namespace="x"), 0, complete=True)
    calls.item(item(1, '{"a": 1}'), 0, complete=True, last=True)

    (call,) = calls.finish()
    assert (call.tool_call_id, call.name, call.arguments) == ("call_1", "book", '{"a": 1}')
    assert call.extra == {"namespace": "x"}


@pytest.mark.parametrize("end", [None, {"item_id": "fc_1", "arguments": '{"a": 1}'}])
def test_arguments_in_deltas_only(end: Any) -> None:
    """A proxy may drop the end of the item."""
    calls = ResponseCalls()
    calls.item(item(1), 0, complete=False)
    for delta in ('{"a"', ": 1}"):
        calls.arguments({"item_id": "fc_1", "delta": delta})
    if end:
        calls.arguments(end)

    assert [call.arguments for call in calls.finish()] == ['{"a": 1}']


def test_parallel_calls_are_separated() -> None:
    """By id or position; also with one id for both, or other ids at the end of the response."""
    calls = ResponseCalls()
    for number, arguments in enumerate(('{"a": 1}', '{"a": 2}')):
        calls.item(item(7, arguments), number, complete=True)
    calls.item(item(8, '{"a": 2}'), 1, complete=True, last=True)
    calls.item(item(9, '{"a": 1}'), 0, complete=True, last=True)

    found = calls.finish()
    assert [call.arguments for call in found] == ['{"a": 1}', '{"a": 2}']
    assert len({call.tool_call_id for call in found}) == 2


def test_reasoning_belongs_to_the_next_call() -> None:
    """It must be sent back before the call; once, although it arrives twice."""
    calls = ResponseCalls()
    reasoning = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "c2Vj"}
    for last in (False, True):
        calls.item(reasoning, 0, complete=True, last=last)
        for number in (1, 2):
            calls.item(item(number), number, complete=True, last=last)

    assert [call.extra for call in calls.finish()] == [{REASONING_ITEMS: [reasoning]}, {}]


def test_calls_are_bounded() -> None:
    """More of them is a failure."""
    calls = ResponseCalls()
    for number in range(MAX_CALLS):
        calls.item(item(number), number, complete=True)
    with pytest.raises(ProviderUnavailable):
        calls.item(item(MAX_CALLS), MAX_CALLS, complete=True)
