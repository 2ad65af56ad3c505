"""Tests for the tool calls of a conversation."""

import pytest

from parley.v1.reply_pb2 import ToolCalled
from services.brain.tool_call import ToolCall, reports_failure, tool_call_of


@pytest.mark.parametrize(
    ("result", "failed"),
    [
        ('{"booked": true}', False),
        ('{"error": null, "ok": true}', False),
        ("[]", False),
        ("not JSON", False),
        ('{"error": "taken"}', True),
        ('{"errors": ["taken"]}', True),
        ('{"ok": false}', True),
        ('{"success": false}', True),
        ('{"status": "Error"}', True),
    ],
)
def test_a_result_may_report_a_failure(result: str, failed: bool) -> None:
    """Some services respond with HTTP 200 to everything."""
    assert reports_failure(result) is failed
    assert ToolCall("1", "book", "{}", "r1", result).succeeded is not failed


def test_a_call_without_a_result_or_with_a_failed_one_has_not_succeeded() -> None:
    """A failure of the request itself is not in the JSON."""
    assert not ToolCall("1", "book", "{}", "r1").succeeded
    assert not ToolCall("1", "book", "{}", "r1", "{}", failed=True).succeeded


def test_a_call_of_an_earlier_version_is_checked() -> None:
    """Its arguments and name may be in the log unchecked."""
    call = tool_call_of(ToolCalled(tool_call_id="1", name="book visit", arguments="{", reply_id="r1"))

    assert (call.name, call.arguments) == ("book_visit", "{}")
    assert "not valid JSON" in call.problem
