"""The tool that transfers the caller."""

import json
from typing import Any

import pytest

from parley.agent_config import TransferCallTool
from parley.v1.telephony_pb2 import TRANSFER_KIND_COLD, TRANSFER_KIND_WARM, TransferFinished
from services.brain.tools import Tool, ToolFailed
from services.brain.tools.transfer_call import build
from tests.unit.brain.tools.telephone_context import call_with, context_with

SALES = {"numbers": ["+15550100021", "sip:a@b.com"], "description": "Prices.", "send_digits": "w1"}


def tool_with(requests: list[Any], outcome: str = "transferred", **section: Any) -> Tool:
    """The tool, whose transfers have this outcome."""
    wanted = TransferCallTool.model_validate({"destinations": {"sales": SALES}, **section})
    answer = TransferFinished(tool_call_id="t1", outcome=outcome, reason="21211")
    [tool] = build(wanted, context_with(answer, requests))
    return tool


async def test_a_cold_transfer_waits_for_the_words_of_the_agent() -> None:
    """All numbers of the destination are targets, in their order."""
    requests: list[Any] = []
    result = await tool_with(requests).run(call_with('{"destination": "sales"}'))
    [request] = requests

    assert json.loads(result) == {"ok": True, "status": "transferred"}
    assert (request.kind, request.after_reply_id, request.goodbye) == (TRANSFER_KIND_COLD, "r1", "")
    assert [(t.name, t.address, t.send_digits, t.timeout_s) for t in request.targets] == [
        ("sales", "+15550100021", "w1", 25),
        ("sales", "sip:a@b.com", "w1", 25),
    ]


async def test_a_warm_transfer_needs_a_summary() -> None:
    """The person's texts are in the agent's language."""
    requests: list[Any] = []
    tool = tool_with(requests, kind="warm", meanwhile="music", if_unanswered="goodbye")
    with pytest.raises(ToolFailed, match="summary"):
        await tool.run(call_with('{"destination": "sales", "summary": " "}'))
    await tool.run(call_with('{"destination": "sales", "summary": "wants prices"}'))
    [request] = requests

    assert (request.kind, request.summary, request.language) == (TRANSFER_KIND_WARM, "wants prices", "de")
    assert "annehmen" in request.accept_prompt.replace("anzunehmen", "annehmen")
    assert (request.hold_music, request.goodbye) == (True, "")
    assert tool.parameters["required"] == ["destination", "summary"]


@pytest.mark.parametrize("outcome", ["busy", "no-answer", "declined", "machine", "failed"])
async def test_the_model_is_informed_of_each_outcome(outcome: str) -> None:
    """A failure has a reason in plain words."""
    result = json.loads(await tool_with([], outcome).run(call_with('{"destination": "sales"}')))

    assert (result["ok"], result["status"]) == (False, outcome)
    assert "Not transferred" in result["message"]


async def test_a_returning_caller_is_announced_to_the_model() -> None:
    """The tool may take as long as the conversation with the person."""
    tool = tool_with([], "returned", after_hang_up="return")

    assert json.loads(await tool.run(call_with('{"destination": "sales"}')))["status"] == "returned"
    assert tool.timeout_s > 4 * 3600


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ('{"destination": "support"}', "there are: sales"),
        ("{}", "there are: sales"),
        ('{"number": "+15550100099"}', "there are: sales"),
        ('{"destination": ["sales"]}', "there are: sales"),
    ],
)
async def test_an_unknown_destination_is_refused(arguments: str, reason: str) -> None:
    """The log has no request."""
    requests: list[Any] = []
    with pytest.raises(ToolFailed, match=reason):
        await tool_with(requests).run(call_with(arguments))
    assert requests == []


async def test_a_number_of_the_model_must_match_the_pattern() -> None:
    """Spaces and brackets do not matter."""
    requests: list[Any] = []
    tool = tool_with(requests, allow_any_number=True, allowed_numbers=r"\+1555\d{7}")
    await tool.run(call_with('{"number": "+1 (555) 010-0099"}'))
    with pytest.raises(ToolFailed, match="not allowed"):
        await tool.run(call_with('{"number": "+19005550100"}'))

    assert requests[0].targets[0].address == "+15550100099"
    assert "required" not in tool.parameters or tool.parameters["required"] == []
