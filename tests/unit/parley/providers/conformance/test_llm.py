"""The checks of language model providers detect those that violate the protocol."""

import pytest

from parley.providers.conformance import LLM_CHECKS, run_check
from parley.providers.llm import Done, LlmEvent, TextDelta, TokenUsage, ToolCallRequest
from tests.unit.parley.providers.conformance.doubles import llm_case

CHECKS = {check.name: check for check in LLM_CHECKS}
HELLO = TextDelta("Hello.")
CALL = ToolCallRequest("1", "look_up_order", '{"number": "1234"}')


@pytest.mark.parametrize(
    ("check", "events"),
    [
        ("text", (HELLO, Done("stop"))),
        ("tool call", (CALL, Done("tool_calls"))),
        ("tool result", (HELLO, CALL, Done("tool_calls"))),
        ("tool_choice none", (HELLO, Done("stop"))),
        ("usage", (HELLO, TokenUsage(input=5, output=2), Done("stop"))),
        ("length", (HELLO, Done("length"))),
    ],
)
async def test_a_good_answer_passes(check: str, events: tuple[LlmEvent, ...]) -> None:
    """Each check alone."""
    result = await run_check(CHECKS[check], llm_case(*events))
    assert (result.outcome, result.reason) == ("passed", "")


@pytest.mark.parametrize(
    ("check", "events", "reason"),
    [
        ("text", (HELLO,), "0 Done"),
        ("text", (Done("stop"), HELLO), "not the last"),
        ("text", (Done("stop"), HELLO, Done("stop")), "2 Done"),
        ("text", (Done("stop"),), "no text"),
        ("text", (HELLO, Done("length")), "not stop"),
        ("tool call", (HELLO, Done("stop")), "0 tool calls"),
        ("tool call", (ToolCallRequest("1", "look_up_order", "{"), Done("tool_calls")), "JSONDecodeError"),
        ("tool call", (ToolCallRequest("", "look_up_order", "{}"), Done("tool_calls")), "without an id"),
        ("parallel tool calls", (CALL, CALL, Done("tool_calls")), "one id"),
        ("tool_choice none", (HELLO, CALL, Done("tool_calls")), "although"),
        ("usage", (HELLO, Done("stop")), "0 reports"),
        ("length", (HELLO, Done("stop")), "not length"),
    ],
)
async def test_a_wrong_answer_is_found(check: str, events: tuple[LlmEvent, ...], reason: str) -> None:
    """With the reason."""
    result = await run_check(CHECKS[check], llm_case(*events))
    assert result.outcome == "failed"
    assert reason in result.reason
