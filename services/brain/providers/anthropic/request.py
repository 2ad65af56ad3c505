"""Builds a request of Anthropic's Messages API. No I/O.

https://platform.claude.com/docs/en/api/messages/create and …/build-with-claude/thinking
"""

from collections.abc import Mapping
from typing import Any

from parley.agent_config import LlmConfig
from services.brain.providers.anthropic.caching import mark
from services.brain.providers.anthropic.messages import convert, lacks_thinking, wire_id
from services.brain.providers.anthropic.models import Model, model_named
from services.brain.providers.anthropic.options import AnthropicOptions
from services.brain.providers.streams.http_api import HttpRequest
from services.brain.providers.streams.merge_patch import merge_patch
from services.brain.providers.streams.model_input import ModelInput
from services.brain.providers.streams.servers import Server

VERSION = "2023-06-01"
"""The header anthropic-version."""
X_API_KEY = "x-api-key"
"""The header of the key, which is also its name among what a server has refused."""
PROTECTED = frozenset({"model", "messages", "max_tokens", "stream"})
"""Fields that are never left out."""
_THINKING_TOKENS = {"low": 2000, "medium": 6000, "high": 12_000, "xhigh": 24_000, "max": 48_000}
"""Added to the limit on the answer, which includes thinking."""
_UPDATE_TOKENS = 500
"""The same for updates between tool calls."""
_MIN_BUDGET = 1024
_TOP_LEVEL_ONLY_IN_PARTS = ("oneOf", "anyOf", "allOf")
"""Keywords that the API refuses at the top of a tool's schema."""


def build_request(
    server: Server, config: LlmConfig, given: ModelInput, refused: frozenset[str]
) -> HttpRequest:
    """Return a streamed request without the settings in `refused`."""
    model, options = model_named(config.model), AnthropicOptions.model_validate(config.options)
    ignored: list[str] = []
    thinking, sent = _thinking(model, config, refused, ignored)
    with_thinking = (
        thinking.get("thinking", {}).get("type") != "disabled" and "thinking_blocks" not in refused
    )
    has_tools = bool(given.tools)
    system, messages = convert(given.messages, with_thinking=with_thinking, has_tools=has_tools)
    if thinking.get("thinking", {}).get("type") == "enabled" and lacks_thinking(messages):
        # Another model made the last tool call; with a budget, the API would refuse to continue it thinking.
        thinking, sent = {}, ""
        system, messages = convert(given.messages, with_thinking=False, has_tools=has_tools)
    body: dict[str, Any] = {
        "model": config.model,
        "max_tokens": config.max_tokens + _reserve(thinking),
        "messages": messages,
        "stream": True,
        "metadata": {"user_id": given.call_sid},
        **({"system": system} if system else {}),
        **thinking,
    }
    if given.tools:
        body["tools"] = [_tool(tool) for tool in given.tools]
        if given.tool_choice == "none":
            body["tool_choice"] = {"type": "none"}
    _add_temperature(body, model, config, refused, ignored)
    if options.prompt_cache != "off" and "cache_control" not in refused:
        mark(body, {"type": "ephemeral", **({"ttl": "1h"} if options.prompt_cache == "1h" else {})})
    body = merge_patch(body, config.extra, PROTECTED)
    for name in refused - PROTECTED:
        if body.pop(name, None) is not None and name in config.extra:
            ignored.append(f"llm.extra.{name} (refused by the server)")
    bearer = X_API_KEY in refused
    return HttpRequest(
        "/v1/messages",
        headers(server, options, bearer=bearer),
        body,
        tuple(ignored),
        sent,
        has_other_auth=bool(server.key) and not server.is_providers_own and not bearer,
    )


def headers(server: Server, options: AnthropicOptions, *, bearer: bool = False) -> dict[str, str]:
    """The headers of every request; some servers other than Anthropic's take the key as a bearer token only.

    Such a server gets both forms, because the refusal may have had another reason.
    """
    found = {"anthropic-version": VERSION}
    if server.key and bearer:
        found["authorization"] = f"Bearer {server.key}"
    if server.key:
        found["x-api-key"] = server.key
    if options.betas:
        found["anthropic-beta"] = ",".join(options.betas)
    return found


def _thinking(
    model: Model, config: LlmConfig, refused: frozenset[str], ignored: list[str]
) -> tuple[dict[str, Any], str]:
    """The fields that set how much the model thinks, and their name in `refused`."""
    wanted = config.reasoning_effort
    if wanted is not None and wanted != "none" and wanted not in model.efforts:
        ignored.append(f"llm.reasoning_effort: {wanted} (accepted: {', '.join(('none', *model.efforts))})")
        wanted = None
    if wanted is None or wanted == "none":
        return _thinking_off(model, refused)
    if model.by == "budget" and "thinking=budget" not in refused:
        budget = max(_MIN_BUDGET, _THINKING_TOKENS[wanted])
        return {"thinking": {"type": "enabled", "budget_tokens": budget}}, "thinking=budget"
    if "thinking=adaptive" in refused:
        ignored.append(f"llm.reasoning_effort: {wanted} (refused by the server)")
        return {}, ""
    effort = {} if "output_config" in refused else {"output_config": {"effort": wanted}}
    return {"thinking": {"type": "adaptive"}, **effort}, "thinking=adaptive"


def _thinking_off(model: Model, refused: frozenset[str]) -> tuple[dict[str, Any], str]:
    settings = model.lowest_settings()
    setting = next((name for name in settings if f"thinking={name}" not in refused), "none")
    match setting:
        case "disabled" | "between_tools":
            return {"thinking": {"type": setting}}, f"thinking={setting}"
        case "low" if "output_config" not in refused:
            return {"output_config": {"effort": "low"}}, "thinking=low"
        case _:
            return {}, ""


def _reserve(thinking: Mapping[str, Any]) -> int:
    """Tokens to add to the limit on the answer."""
    kind = thinking.get("thinking", {}).get("type")
    if kind == "disabled" or (kind is None and "output_config" not in thinking):
        return 0
    if kind == "between_tools":
        return _UPDATE_TOKENS
    if kind == "enabled":
        return int(thinking["thinking"]["budget_tokens"])
    return _THINKING_TOKENS[thinking.get("output_config", {}).get("effort", "high")]


def _add_temperature(
    body: dict[str, Any], model: Model, config: LlmConfig, refused: frozenset[str], ignored: list[str]
) -> None:
    wanted = config.temperature
    if wanted is None:
        return
    # Thinking by a budget needs the default temperature.
    if not model.temperature or "thinking" in body or "temperature" in refused:
        if "temperature" in config.model_fields_set:
            ignored.append(f"llm.temperature: {wanted:g} (the model accepts none)")
        return
    if wanted > 1:
        ignored.append(f"llm.temperature: {wanted:g} (at most 1 is accepted)")
    body["temperature"] = min(wanted, 1.0)


def _tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    function = tool["function"]
    schema = function.get("parameters") or {}
    parameters = {key: value for key, value in schema.items() if key not in _TOP_LEVEL_ONLY_IN_PARTS}
    found: dict[str, Any] = {"name": wire_id(str(function["name"]))}
    if description := str(function.get("description") or "").strip():
        found["description"] = description
    return {**found, "input_schema": {**parameters, "type": "object"}}
