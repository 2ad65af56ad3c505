"""Validation of a request to the Responses API: every documented parameter, and no other."""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.openai.errors import ApiError
from sandbox.openai.validation.chat import (
    COMMON,
    EFFORTS,
    format_schema_errors,
    metadata_errors,
    unknown_parameter,
)
from sandbox.openai.validation.fields import Field, choice_error, field_errors, missing
from sandbox.openai.validation.input_items import input_errors
from sandbox.openai.validation.tools import responses_tool_errors

_PARAMETERS: Mapping[str, Field] = {
    **COMMON,
    "access_programs": Field("an object"),
    "background": Field("a boolean"),
    "context_management": Field("an array"),
    "conversation": Field("a string|an object"),
    "image": Field("an object"),
    "include": Field("an array"),
    "input": Field("a string|an array"),
    "instructions": Field("a string"),
    "max_output_tokens": Field("an integer", low=16),
    "max_tool_calls": Field("an integer", low=1),
    "model": Field("a string"),
    "previous_response_id": Field("a string"),
    "prompt": Field("an object"),
    "reasoning": Field("an object"),
    "text": Field("an object"),
    "truncation": Field("a string", choices=("auto", "disabled")),
}
_MOVED: Mapping[str, str] = {
    "messages": "input",
    "max_tokens": "max_output_tokens",
    "max_completion_tokens": "max_output_tokens",
    "response_format": "text.format",
    "reasoning_effort": "reasoning.effort",
    "verbosity": "text.verbosity",
}
"""Parameters of Chat Completions that have another name here."""
_INCLUDE = (
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
)
_REASONING: Mapping[str, Field] = {
    "effort": Field("a string", choices=EFFORTS),
    "summary": Field("a string", choices=("auto", "concise", "detailed")),
    "generate_summary": Field("a string", choices=("auto", "concise", "detailed")),
    "mode": Field("a string"),
    "context": Field("a string", choices=("auto", "current_turn", "all_turns")),
}


def responses_errors(body: Any) -> Iterator[ApiError]:
    """Errors of a request body, without those that depend on the model or on earlier responses."""
    if not isinstance(body, dict):
        yield ApiError(
            "Invalid body: failed to parse JSON value. Please check the value to ensure it is valid."
        )
        return
    for name in body:
        if name in _MOVED:
            text = f"Unsupported parameter: '{name}'. In the Responses API, this parameter has moved to"
            yield ApiError(f"{text} '{_MOVED[name]}'.", name, "unsupported_parameter")
        if name not in _PARAMETERS:
            yield unknown_parameter(name, named=True)
    if not isinstance(body.get("model"), str) or not body["model"]:
        yield missing("model")
    for name, field in _PARAMETERS.items():
        if body.get(name) is not None and name not in ("input", "tools"):
            yield from field_errors(body[name], field, name)
    yield from metadata_errors(body.get("metadata"))
    yield from _nested_errors(body.get("reasoning"), _REASONING, "reasoning")
    yield from _option_errors(body)
    yield from input_errors(body.get("input"))
    yield from responses_tool_errors(body)
    yield from _text_errors(body.get("text"))


def _nested_errors(value: Any, fields: Mapping[str, Field], where: str) -> Iterator[ApiError]:
    for name, part in (value or {}).items():
        if name not in fields:
            yield unknown_parameter(f"{where}.{name}", named=True)
        if part is not None:
            yield from field_errors(part, fields[name], f"{where}.{name}")


def _option_errors(body: Mapping[str, Any]) -> Iterator[ApiError]:
    if body.get("stream_options") is not None:
        if not body.get("stream"):
            text = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
            yield ApiError(text, "stream_options")
        yield from _nested_errors(
            body["stream_options"], {"include_obfuscation": Field("a boolean")}, "stream_options"
        )
    for number, name in enumerate(body.get("include") or ()):
        if name not in _INCLUDE:
            yield choice_error(name, _INCLUDE, f"include[{number}]")
    if body.get("conversation") is not None and body.get("previous_response_id") is not None:
        text = "Mutually exclusive parameters: 'previous_response_id' and 'conversation'."
        yield ApiError(text, None, "mutually_exclusive_parameters")


def _text_errors(text: Any) -> Iterator[ApiError]:
    if text is None:
        return
    fields = {
        "format": Field("an object"),
        "verbosity": Field("a string", choices=("low", "medium", "high")),
    }
    yield from _nested_errors(text, fields, "text")
    wanted = text.get("format")
    if wanted is None:
        return
    kinds = ("json_object", "json_schema", "text")
    if wanted.get("type") not in kinds:
        yield choice_error(wanted.get("type"), kinds, "text.format.type")
    if wanted["type"] == "json_schema":
        yield from format_schema_errors(wanted, "text.format.schema", "text.format")
