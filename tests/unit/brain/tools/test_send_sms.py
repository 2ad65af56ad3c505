"""The tool that sends a text message."""

import json
from typing import Any

import pytest

from parley.agent_config import SendSmsTool
from parley.v1.call_pb2 import DIRECTION_OUTBOUND
from parley.v1.telephony_pb2 import MessageSent
from services.brain.tools import Tool, ToolFailed
from services.brain.tools.send_sms import build
from tests.unit.brain.tools.telephone_context import CALLED, CALLER, call_with, context_with

SENT = MessageSent(tool_call_id="t1", message_sid="SM1")


def tool_with(requests: list[Any], answer: MessageSent = SENT, section: Any = None, **started: Any) -> Tool:
    """The tool, whose messages get this answer."""
    wanted = SendSmsTool.model_validate(section or {})
    [tool] = build(wanted, context_with(answer, requests, **started))
    return tool


async def test_a_message_goes_to_the_caller_by_default() -> None:
    """The sender is the number that was called; in an outbound call, the one that calls."""
    requests: list[Any] = []
    assert json.loads(await tool_with(requests).run(call_with('{"text": " see you "}')))["ok"]
    outbound = tool_with(requests, direction=DIRECTION_OUTBOUND, from_number=CALLED, to_number=CALLER)
    await outbound.run(call_with('{"text": "see you"}'))

    assert {(r.to, r.from_number, r.body) for r in requests} == {(CALLER, CALLED, "see you")}


async def test_a_template_is_filled_with_the_values_of_the_model() -> None:
    """A missing value is requested again."""
    requests: list[Any] = []
    section = {"templates": {"booked": "See you at {time}, {name}."}, "numbers": {"office": "+15550100077"}}
    tool = tool_with(requests, section=section)
    await tool.run(
        call_with('{"to": "office", "template": "booked", "values": {"time": "ten", "name": "{time}"}}')
    )
    with pytest.raises(ToolFailed, match="values are missing: name"):
        await tool.run(call_with('{"template": "booked", "values": {"time": "ten"}}'))
    with pytest.raises(ToolFailed, match="there are: booked"):
        await tool.run(call_with('{"template": "other"}'))

    assert [(r.to, r.body) for r in requests] == [("+15550100077", "See you at ten, {time}.")]


@pytest.mark.parametrize(
    ("arguments", "started", "reason"),
    [
        ('{"text": "x"}', {"from_number": "anonymous"}, "withheld"),
        ('{"text": "x"}', {"from_number": "sip:a@b.com"}, "withheld"),
        ('{"text": "x"}', {"to_number": "client:clinic"}, "sender"),
        ('{"text": "x"}', {"from_number": CALLED}, "own number"),
        ('{"text": " "}', {}, "empty"),
        ('{"to": "nurse", "text": "x"}', {}, "there are: caller"),
        ('{"number": "+15550100099", "to": "other", "text": "x"}', {}, "no such recipient"),
    ],
)
async def test_what_cannot_be_sent_is_refused(arguments: str, started: dict[str, str], reason: str) -> None:
    """The model is given the reason, and nothing is requested."""
    requests: list[Any] = []
    with pytest.raises(ToolFailed, match=reason):
        await tool_with(requests, SENT, None, **started).run(call_with(arguments))
    assert requests == []


async def test_a_long_text_is_refused_with_its_length() -> None:
    """The model can shorten it."""
    with pytest.raises(ToolFailed, match="600 characters, at most 480"):
        await tool_with([]).run(call_with(json.dumps({"text": "x" * 600})))


async def test_a_refusal_of_twilio_is_given_to_the_model() -> None:
    """In plain words."""
    refused = MessageSent(tool_call_id="t1", failed=True, code=21610, reason="the recipient has opted out")
    with pytest.raises(ToolFailed, match="opted out"):
        await tool_with([], refused).run(call_with('{"text": "x"}'))
