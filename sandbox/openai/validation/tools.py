"""Validation of tools and of the parameters that refer to them, for both APIs."""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.openai.errors import ApiError
from sandbox.openai.validation.fields import Field, choice_error, field_errors, missing, type_errors
from sandbox.openai.validation.json_schema import schema_faults

NAME = Field("a string", max_length=64, pattern="^[a-zA-Z0-9_-]+$")
_DESCRIPTION = Field("a string", max_length=1024)
_TOOLS = Field("an array", max_items=128, can_be_empty=False)
_MODES = ("none", "auto", "required")
_HOSTED = ("web_search", "file_search", "code_interpreter", "computer_use_preview", "image_generation", "mcp")
"""Tools of the Responses API that run at OpenAI; the emulator accepts and never calls them."""


def chat_tool_errors(body: Mapping[str, Any]) -> Iterator[ApiError]:
    """Errors of `tools`, `tool_choice` and `parallel_tool_calls` of Chat Completions."""
    tools: Any = body.get("tools")
    if tools is not None:
        yield from field_errors(tools, _TOOLS, "tools")
        for number, tool in enumerate(tools):
            yield from _chat_tool(tool, f"tools[{number}]")
    functions = [tool["function"] for tool in tools or () if tool["type"] == "function"]
    names = [function["name"] for function in functions]
    yield from _dependent_errors(body)
    choice = body.get("tool_choice")
    if choice is None:
        return
    yield from _mode_errors(choice)
    if isinstance(choice, Mapping):
        if choice.get("type") not in ("function", "allowed_tools", "custom"):
            yield choice_error(
                choice.get("type"), ("function", "allowed_tools", "custom"), "tool_choice.type"
            )
        if choice["type"] == "function":
            function: Any = choice.get("function")
            if not isinstance(function, Mapping) or "name" not in function:
                yield missing("tool_choice.function.name")
            yield from _name_errors(function["name"], names)


def responses_tool_errors(body: Mapping[str, Any]) -> Iterator[ApiError]:
    """Errors of `tools`, `tool_choice` and `parallel_tool_calls` of the Responses API."""
    tools = body.get("tools")
    if tools is not None:
        yield from field_errors(tools, Field("an array", max_items=128), "tools")
        for number, tool in enumerate(tools):
            yield from _responses_tool(tool, f"tools[{number}]")
    names = [tool["name"] for tool in tools or () if tool["type"] in ("function", "custom")]
    choice = body.get("tool_choice")
    if choice is None:
        return
    yield from _mode_errors(choice)
    if choice == "required" and not tools:
        yield ApiError("Tool choice 'required' must be specified with 'tools' parameter.", "tool_choice")
    if isinstance(choice, Mapping) and choice.get("type") in ("function", "custom"):
        if "name" not in choice:
            yield missing("tool_choice.name")
        yield from _name_errors(choice["name"], names)


def _dependent_errors(body: Mapping[str, Any]) -> Iterator[ApiError]:
    for name in ("tool_choice", "parallel_tool_calls"):
        if body.get(name) is not None and body.get("tools") is None:
            text = f"Invalid value for '{name}': '{name}' is only allowed when 'tools' are specified."
            yield ApiError(text, name)


def _mode_errors(choice: Any) -> Iterator[ApiError]:
    yield from type_errors(choice, "a string|an object", "tool_choice")
    if isinstance(choice, str) and choice not in _MODES:
        yield choice_error(choice, _MODES, "tool_choice")


def _name_errors(name: Any, names: list[Any]) -> Iterator[ApiError]:
    if name not in names:
        yield ApiError(f"Tool choice '{name}' not found in 'tools' parameter.", "tool_choice")


def _chat_tool(tool: Any, where: str) -> Iterator[ApiError]:
    yield from type_errors(tool, "an object", where)
    if "type" not in tool:
        yield missing(f"{where}.type")
    if tool["type"] not in ("function", "custom"):
        yield choice_error(tool["type"], ("function", "custom"), f"{where}.type")
    kind = tool["type"]
    if kind not in tool:
        yield missing(f"{where}.{kind}")
    yield from type_errors(tool[kind], "an object", f"{where}.{kind}")
    yield from _unknown(tool, ("type", kind), where)
    if kind == "function":
        yield from _unknown(
            tool["function"], ("name", "description", "parameters", "strict"), f"{where}.function"
        )
        yield from _function(tool["function"], f"{where}.function", strict=False)


def _responses_tool(tool: Any, where: str) -> Iterator[ApiError]:
    yield from type_errors(tool, "an object", where)
    if "type" not in tool:
        yield missing(f"{where}.type")
    kinds = ("function", "custom", *_HOSTED)
    if tool["type"] not in kinds:
        yield choice_error(tool["type"], kinds, f"{where}.type")
    if tool["type"] == "function":
        expected = ("type", "name", "description", "parameters", "strict")
        # The nested form of Chat Completions is reported as a missing name.
        if "name" not in tool:
            yield missing(f"{where}.name")
        yield from _unknown(tool, expected, where)
        yield from _function(tool, where, strict=False)


def _function(function: Mapping[str, Any], where: str, *, strict: bool) -> Iterator[ApiError]:
    if "name" not in function:
        yield missing(f"{where}.name")
    yield from field_errors(function["name"], NAME, f"{where}.name")
    if function.get("description") is not None:
        yield from field_errors(function["description"], _DESCRIPTION, f"{where}.description")
    if function.get("strict") is not None:
        yield from type_errors(function["strict"], "a boolean", f"{where}.strict")
        strict = function["strict"]
    parameters = function.get("parameters")
    if parameters is not None:
        yield from type_errors(parameters, "an object", f"{where}.parameters")
        for text in schema_faults(parameters, strict=strict):
            prefix = f"Invalid schema for function '{function['name']}'"
            yield ApiError(f"{prefix}: {text}", f"{where}.parameters", "invalid_function_parameters")


def _unknown(found: Mapping[str, Any], expected: tuple[str, ...], where: str) -> Iterator[ApiError]:
    for name in found:
        if name not in expected:
            yield ApiError(f"Unknown parameter: '{where}.{name}'.", f"{where}.{name}", "unknown_parameter")
