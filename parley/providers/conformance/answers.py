"""The answers of a language model provider under test, as its checks request them."""

import json
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from parley.agent_config import LlmConfig
from parley.providers.conformance.check import require
from parley.providers.conformance.subject import LlmSubject
from parley.providers.llm import (
    Done,
    LlmClient,
    LlmEvent,
    Message,
    TextDelta,
    TokenUsage,
    ToolCallRequest,
    ToolChoice,
)

LOOK_UP: Mapping[str, Any] = {
    "type": "function",
    "function": {
        "name": "look_up_order",
        "description": "Returns the state of an order.",
        "parameters": {
            "type": "object",
            "properties": {"number": {"type": "string", "description": "Number of the order"}},
            "required": ["number"],
            "additionalProperties": False,
        },
    },
}
"""The tool of the checks."""


@dataclass(frozen=True, slots=True)
class LlmCase:
    """A language model provider under test, and texts to which its model answers as described."""

    subject: LlmSubject
    text: str = "Please say hello."
    call: str = "Please look up order 1234 with the tool."
    """Makes the model call `look_up_order` once."""
    calls: str = "Please look up orders 1234 and 5678 at the same time, with two calls of the tool."
    """Makes the model call `look_up_order` twice in one answer."""
    long: str = "Please count from one to one hundred in words."
    """Makes the model answer with several hundred tokens."""
    part_bytes: int = 1500
    """Bytes from the server after which the long answer has begun and is not complete."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The events of one answer."""

    events: tuple[LlmEvent, ...]

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(event.text for event in self.events if isinstance(event, TextDelta))

    @property
    def calls(self) -> list[ToolCallRequest]:
        """The requested tool calls."""
        return [event for event in self.events if isinstance(event, ToolCallRequest)]

    @property
    def usages(self) -> list[TokenUsage]:
        """The reports of tokens."""
        return [event for event in self.events if isinstance(event, TokenUsage)]

    @property
    def reason(self) -> str:
        """The reason in Done.

        Raises:
            ConformanceError: Done is missing, or not the last event, or occurs twice.
        """
        ends = [event for event in self.events if isinstance(event, Done)]
        require(len(ends) == 1, f"{len(ends)} Done events")
        require(self.events[-1] is ends[0], "Done is not the last event")
        return ends[0].reason


async def request(
    client: LlmClient,
    config: LlmConfig,
    *messages: Message,
    tools: Sequence[Mapping[str, Any]] = (),
    tool_choice: ToolChoice = "auto",
) -> Answer:
    """Request an answer and return it complete.

    Raises:
        ConformanceError: its end is missing or has no reason.
        ProviderError: it fails.
    """
    stream = client.stream(config, messages, tools, call_sid="CA0", tool_choice=tool_choice)
    async with aclosing(stream) as events:
        answer = Answer(tuple([event async for event in events]))
    require(answer.reason, "Done has no reason")
    return answer


def user(text: str) -> Message:
    """A message of the caller."""
    return {"role": "user", "content": text}


def requested(calls: Sequence[ToolCallRequest], text: str = "") -> Message:
    """The message of an answer with tool calls, as the history has it."""
    return {
        "role": "assistant",
        "content": text or None,
        "tool_calls": [_requested_call(call) for call in calls],
    }


def _requested_call(call: ToolCallRequest) -> dict[str, Any]:
    extra = dict(call.extra)
    function = {"name": call.name, "arguments": call.arguments, **(extra.pop("function", None) or {})}
    return {"id": call.tool_call_id, "type": "function", **extra, "function": function}


def result(call: ToolCallRequest, text: str = '{"state": "shipped"}') -> Message:
    """The result of a tool call."""
    return {"role": "tool", "tool_call_id": call.tool_call_id, "content": text}


def check_calls(calls: Sequence[ToolCallRequest]) -> None:
    """Require calls of the offered tool with JSON arguments and ids of their own."""
    for call in calls:
        require(call.name == "look_up_order", f"a call of {call.name!r}, which is not offered")
        require(isinstance(json.loads(call.arguments), dict), "arguments that are not a JSON object")
        require(call.tool_call_id, "a call without an id")
    require(len({call.tool_call_id for call in calls}) == len(calls), "two calls with one id")
