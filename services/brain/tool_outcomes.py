"""The answers of other stages to tools that requested something from them. No I/O, no clock."""

from collections.abc import Mapping

from google.protobuf.message import Message

from parley.events.envelope import event_body
from parley.v1 import reply_pb2
from parley.v1.event_pb2 import Event
from parley.v1.options_pb2 import tool_outcome

_MAX_OUTCOMES = 32
"""Answers to tool calls without a result; more tools do not wait at the same time."""


def is_tool_outcome(body: Message) -> bool:
    """Whether a body is declared as the final answer of another stage to a tool."""
    return bool(body.DESCRIPTOR.GetOptions().Extensions[tool_outcome])  # type: ignore[index]


def evolve(outcomes: Mapping[str, Event], event: Event) -> Mapping[str, Event]:
    """Return the answers by tool_call_id after an event; each is retained until its tool has returned."""
    body = event_body(event)
    if isinstance(body, reply_pb2.ToolReturned):
        if body.tool_call_id not in outcomes:
            return outcomes
        return {key: answer for key, answer in outcomes.items() if key != body.tool_call_id}
    if body is None or not is_tool_outcome(body):
        return outcomes
    tool_call_id: str = body.tool_call_id  # type: ignore[union-attr] # every outcome has it
    if tool_call_id in outcomes:
        return outcomes
    retained = [*outcomes.items(), (tool_call_id, event)]
    return dict(retained[-_MAX_OUTCOMES:])
