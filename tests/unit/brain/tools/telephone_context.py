"""A context of tools that records requests and answers them."""

from typing import Any

from parley.agent_config import AgentConfig
from parley.events.envelope import Body
from parley.v1.call_pb2 import DIRECTION_INBOUND, CallStarted
from services.brain.tool_call import ToolCall
from services.brain.tools.context import ToolContext

CALLER, CALLED = "+15550100001", "+15550100000"


def context_with(answer: Body, requests: list[Any], **started: Any) -> ToolContext:
    """A context whose other stage gives this answer; requests are added to the list."""
    fields = {"direction": DIRECTION_INBOUND, "from_number": CALLER, "to_number": CALLED, **started}

    async def append(body: Body) -> None:
        requests.append(body)

    async def outcome(_tool_call_id: str) -> Body:
        return answer

    agent, resources = AgentConfig(prompt="x", language="de"), None
    return ToolContext("CA1", CallStarted(**fields), agent, resources, append, outcome)  # type: ignore[arg-type] # unused


def call_with(arguments: str) -> ToolCall:
    """A tool call in reply r1."""
    return ToolCall("t1", "tool", arguments, "r1")
