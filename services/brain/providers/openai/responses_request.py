"""Builds a request of OpenAI's Responses API. No I/O."""

from collections.abc import Iterator, Mapping
from typing import Any

from parley.agent_config import LlmConfig
from services.brain.providers.openai.profiles import Profile
from services.brain.providers.openai.request import Plan, Request, finish, token_limit
from services.brain.providers.openai.schemas import accepted_schema
from services.brain.providers.streams.history import REASONING_ITEMS, conform
from services.brain.providers.streams.model_input import ModelInput

_ENCRYPTED_REASONING = "reasoning.encrypted_content"
_MIN_LIMIT = 16
"""The API refuses a lower token limit."""


def build_responses_request(
    profile: Profile,
    config: LlmConfig,
    plan: Plan,
    given: ModelInput,
) -> Request:
    """Return a streamed request that is not stored by the provider.

    Because nothing is stored, the encrypted reasoning behind a tool call comes with the answer and is sent
    back beside the call in the requests that follow.
    """
    extended = profile.model_copy(update={"tool_call_fields": True, "placeholder_fields": {}})
    system, items = _split(conform(given.messages, extended, keep_reasoning=True))
    body: dict[str, Any] = {
        "model": config.model,
        "input": [item for message in items for item in _items(message, profile)],
        "stream": True,
        "store": False,
        "max_output_tokens": max(_MIN_LIMIT, token_limit(profile, config, plan)),
    }
    if system:
        body["instructions"] = system
    if plan.temperature is not None:
        body["temperature"] = plan.temperature
    if plan.effort is not None:
        body["reasoning"] = {"effort": plan.effort}
    if plan.reasons and profile.encrypted_reasoning:
        body["include"] = [_ENCRYPTED_REASONING]
    if profile.end_user != "none":
        body[profile.end_user] = given.call_sid
    if given.tools and profile.tools:
        body["tools"] = [_definition(tool, profile) for tool in given.tools]
        if given.tool_choice != "auto":
            body["tool_choice"] = given.tool_choice
        if profile.parallel_tool_calls is not None:
            body["parallel_tool_calls"] = profile.parallel_tool_calls
    body, left_out = finish(body, profile, config)
    return Request("responses", body, (*plan.ignored, *left_out))


def _split(messages: list[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    """The leading system messages as one text, and the other messages; never no message at all."""
    roles = ("system", "developer")
    first = next((n for n, message in enumerate(messages) if message["role"] not in roles), len(messages))
    texts = [str(message["content"]) for message in messages[:first]]
    if first == len(messages) and texts:
        return "\n\n".join(texts[:-1]), [{"role": "developer", "content": texts[-1]}]
    return "\n\n".join(texts), messages[first:]


def _items(message: Mapping[str, Any], profile: Profile) -> Iterator[dict[str, Any]]:
    role, content = message["role"], message.get("content")
    if role == "tool":
        yield {
            "type": "function_call_output",
            "call_id": message["tool_call_id"],
            "output": str(content or ""),
        }
        return
    calls = message.get("tool_calls") or ()
    if profile.encrypted_reasoning:
        for call in calls:
            yield from _reasoning(call.get(REASONING_ITEMS))
    if content:
        yield {"role": "developer" if role == "system" else role, "content": content}
    for call in calls:
        function = call["function"]
        yield {
            "type": "function_call",
            "call_id": call["id"],
            "name": function["name"],
            "arguments": function["arguments"],
        }


def _reasoning(items: object) -> Iterator[dict[str, Any]]:
    """Reasoning without ids: nothing is stored, so that an id would refer to nothing."""
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and item.get("encrypted_content"):
            yield {
                "type": "reasoning",
                "summary": item.get("summary") or [],
                "encrypted_content": item["encrypted_content"],
            }


def _definition(tool: Mapping[str, Any], profile: Profile) -> dict[str, Any]:
    function = tool["function"]
    parameters = function.get("parameters") or {"type": "object", "properties": {}}
    return {
        "type": "function",
        "name": function["name"],
        "description": function.get("description", ""),
        "parameters": accepted_schema(parameters, profile),
        # The API's own default is strict, which refuses schemas with optional properties.
        "strict": bool(profile.strict_tools),
    }
