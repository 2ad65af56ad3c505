"""The tool that presses keys."""

from typing import Any

import pytest

from parley.agent_config import SendDtmfTool
from parley.v1.telephony_pb2 import DtmfSent
from services.brain.tools import ToolFailed
from services.brain.tools.send_dtmf import build
from tests.unit.brain.tools.telephone_context import call_with, context_with


@pytest.mark.parametrize("method", ["twilio", "tones"])
async def test_keys_are_requested_after_the_words_of_the_agent(method: str) -> None:
    """Spaces are left out."""
    requests: list[Any] = []
    section = SendDtmfTool.model_validate({"method": method})
    [tool] = build(section, context_with(DtmfSent(tool_call_id="t1"), requests))
    await tool.run(call_with('{"digits": "1 w 2#"}'))
    [request] = requests

    assert (request.digits, request.after_reply_id) == ("1w2#", "r1")
    assert request.in_band is (method == "tones")


@pytest.mark.parametrize("digits", ["", "one", "12345678" * 9, "1+2"])
async def test_other_characters_are_refused(digits: str) -> None:
    """The reason lists the keys."""
    [tool] = build(SendDtmfTool(), context_with(DtmfSent(), []))
    with pytest.raises(ToolFailed, match="0-9"):
        await tool.run(call_with(f'{{"digits": "{digits}"}}'))


async def test_a_failure_is_given_to_the_model() -> None:
    """With Twilio's reason."""
    [tool] = build(SendDtmfTool(), context_with(DtmfSent(failed=True, reason="refused"), []))
    with pytest.raises(ToolFailed, match="refused"):
        await tool.run(call_with('{"digits": "1"}'))
