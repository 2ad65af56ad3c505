"""Checks of a body beside its messages. Only the first error is used, so later checks rely on it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.anthropic.errors import ApiError
from sandbox.anthropic.models import EFFORTS, Model

_FIELDS = frozenset(
    {
        "cache_control",
        "container",
        "inference_geo",
        "max_tokens",
        "messages",
        "metadata",
        "model",
        "output_config",
        "service_tier",
        "speed",
        "stop_sequences",
        "stream",
        "system",
        "temperature",
        "thinking",
        "tool_choice",
        "tools",
        "top_k",
        "top_p",
    }
)
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_PROPERTY = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
_TOOL_FIELDS = frozenset(
    {"type", "name", "description", "input_schema", "cache_control", "strict", "eager_input_streaming"}
)
_MAX_MARKS = 4


def body_errors(body: Any) -> Iterator[ApiError]:
    """Errors of the fields that need no model."""
    if not isinstance(body, dict):
        yield ApiError("The request body is not a JSON object")
    for name in body:
        if name not in _FIELDS:
            yield ApiError(f"{name}: Extra inputs are not permitted")
    for name in ("model", "max_tokens", "messages"):
        if name not in body:
            yield ApiError(f"{name}: Field required")
    yield from _type_errors(body)
    yield from _metadata_errors(body.get("metadata"))
    yield from _system_errors(body.get("system"))
    yield from _tools_errors(body)
    marks = str(body).count("'cache_control'")
    if marks > _MAX_MARKS:
        yield ApiError(f"A maximum of {_MAX_MARKS} blocks with cache_control may be provided. Found {marks}.")


def _type_errors(body: Mapping[str, Any]) -> Iterator[ApiError]:
    if not isinstance(body["model"], str) or not body["model"]:
        yield ApiError("model: String should have at least 1 character")
    if not _is_integer(body["max_tokens"]):
        yield ApiError("max_tokens: Input should be a valid integer")
    if body["max_tokens"] < 1:
        yield ApiError("max_tokens: Input should be greater than or equal to 1")
    if not isinstance(body.get("stream", False), bool):
        yield ApiError("stream: Input should be a valid boolean")


def model_errors(body: Mapping[str, Any], model: Model) -> Iterator[ApiError]:
    """Errors that depend on the model."""
    limit = model.max_tokens
    if body["max_tokens"] > limit:
        text = f"max_tokens: {body['max_tokens']} > {limit}, which is the maximum allowed number of output"
        yield ApiError(f"{text} tokens for {body['model']}")
    yield from _sampling_errors(body, model)
    yield from _thinking_errors(body, model)
    effort = (body.get("output_config") or {}).get("effort")
    if effort is not None and effort not in EFFORTS:
        yield ApiError(f"output_config.effort: Input should be {', '.join(map(repr, EFFORTS))}")
    if effort is not None and effort not in model.efforts:
        yield ApiError("This model does not support the effort parameter.")
    kind = (body.get("tool_choice") or {}).get("type")
    if kind in ("any", "tool") and model.thinks((body.get("thinking") or {}).get("type")):
        yield ApiError("Thinking may not be enabled when tool_choice forces tool use.")


def _metadata_errors(metadata: Any) -> Iterator[ApiError]:
    if metadata is None:
        return
    if not isinstance(metadata, dict):
        yield ApiError("metadata: Input should be a valid dictionary")
    for name in metadata:
        if name != "user_id":
            yield ApiError(f"metadata.{name}: Extra inputs are not permitted")
    if len(str(metadata.get("user_id") or "")) > 256:
        yield ApiError("metadata.user_id: String should have at most 256 characters")


def _system_errors(system: Any) -> Iterator[ApiError]:
    if system is None or isinstance(system, str):
        return
    if not isinstance(system, list):
        yield ApiError("system: Input should be a valid list")
    for number, block in enumerate(system):
        if (
            not isinstance(block, dict)
            or block.get("type") != "text"
            or not isinstance(block.get("text"), str)
        ):
            yield ApiError(f"system.{number}: Input should be a text block")
        if not block["text"].strip():
            yield ApiError("system: text content blocks must contain non-whitespace text")


def _tools_errors(body: Mapping[str, Any]) -> Iterator[ApiError]:
    tools, choice = body.get("tools"), body.get("tool_choice")
    if tools is not None and not isinstance(tools, list):
        yield ApiError("tools: Input should be a valid list")
    for number, tool in enumerate(tools or ()):
        yield from _tool_errors(tool, f"tools.{number}.custom")
    names = [tool["name"] for tool in tools or ()]
    if len(set(names)) < len(names):
        yield ApiError("tools: Tool names must be unique.")
    if choice is None:
        return
    if not isinstance(choice, dict) or choice.get("type") not in ("auto", "any", "tool", "none"):
        yield ApiError("tool_choice: Input tag should be one of: 'auto', 'any', 'tool', 'none'")
    if not tools:
        yield ApiError("tool_choice may only be specified while providing tools.")
    if choice["type"] == "tool" and choice.get("name") not in names:
        yield ApiError(f"Tool '{choice.get('name')}' not found in provided tools")


def _tool_errors(tool: Any, where: str) -> Iterator[ApiError]:
    if not isinstance(tool, dict):
        yield ApiError(f"{where}: Input should be a valid dictionary")
    for name in tool:
        if name not in _TOOL_FIELDS:
            yield ApiError(f"{where}.{name}: Extra inputs are not permitted")
    if not isinstance(tool.get("name"), str) or not _NAME.fullmatch(tool["name"]):
        yield ApiError(f"{where}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
    schema = tool.get("input_schema")
    if not isinstance(schema, dict):
        yield ApiError(f"{where}.input_schema: Field required")
    if schema.get("type") != "object":
        yield ApiError(f"{where}.input_schema.type: Input should be 'object'")
    if {"oneOf", "allOf", "anyOf"} & schema.keys():
        text = "input_schema does not support oneOf, allOf, or anyOf at the top level"
        yield ApiError(f"{where}.input_schema: {text}")
    for name in schema.get("properties") or ():
        if not _PROPERTY.fullmatch(name):
            text = "Property keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$'"
            yield ApiError(f"{where}.input_schema.properties: {text}")


def _sampling_errors(body: Mapping[str, Any], model: Model) -> Iterator[ApiError]:
    temperature = body.get("temperature")
    if temperature is not None and not (_is_number(temperature) and 0 <= temperature <= 1):
        yield ApiError("temperature: range: 0..1")
    if not model.sampling:
        if temperature not in (None, 1):
            yield ApiError("`temperature` may only be set to 1 for this model.")
        for name in ("top_p", "top_k"):
            if body.get(name) is not None:
                yield ApiError(f"`{name}` is not supported for this model.")
    thinking = (body.get("thinking") or {}).get("type")
    if thinking in ("enabled", "adaptive") and temperature not in (None, 1):
        yield ApiError("`temperature` may only be set to 1 when thinking is enabled.")


def _thinking_errors(body: Mapping[str, Any], model: Model) -> Iterator[ApiError]:
    thinking = body.get("thinking")
    if thinking is None:
        return
    kind = thinking.get("type") if isinstance(thinking, dict) else None
    if kind not in ("enabled", "disabled", "adaptive", "between_tools"):
        yield ApiError("thinking: Input tag should be one of: 'adaptive', 'disabled', 'enabled'")
    if kind == "disabled" and "between_tools" in model.thinking and not model.own:
        text = 'To turn thinking off on this model, send "thinking": {"type": "between_tools"} instead of'
        yield ApiError(f'{text} {{"type": "disabled"}}.')
    if kind == "adaptive" and kind not in model.thinking:
        yield ApiError("adaptive thinking is not supported on this model")
    if kind not in model.thinking:
        text = f'"thinking.type.{kind}" is not supported for this model. Use "thinking.type.adaptive" and'
        yield ApiError(f'{text} "output_config.effort" to control thinking behavior.')
    allowed = {"type", "display"} if kind == "adaptive" else {"type", "display", "budget_tokens"}
    for name in thinking:
        if name not in (allowed if kind in ("adaptive", "enabled") else {"type"}):
            yield ApiError(f"thinking.{kind}.{name}: Extra inputs are not permitted")
    effort = (body.get("output_config") or {}).get("effort")
    if kind in ("disabled", "between_tools") and effort in model.off_efforts:
        yield ApiError(f'"thinking.type" value "{kind}" is not supported with this "output_config.effort"')
    if kind == "enabled":
        yield from _budget_errors(thinking.get("budget_tokens"), body["max_tokens"])


def _budget_errors(budget: Any, max_tokens: int) -> Iterator[ApiError]:
    if not _is_integer(budget):
        yield ApiError("thinking.enabled.budget_tokens: Field required")
    if budget < 1024:
        yield ApiError("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
    if budget >= max_tokens:
        yield ApiError("`max_tokens` must be greater than `thinking.budget_tokens`.")


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
