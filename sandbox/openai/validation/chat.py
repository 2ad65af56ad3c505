"""Validation of a request to Chat Completions: every documented parameter, and no other."""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.openai.errors import ApiError
from sandbox.openai.validation.fields import Field, choice_error, field_errors, missing
from sandbox.openai.validation.json_schema import schema_faults
from sandbox.openai.validation.messages import message_errors
from sandbox.openai.validation.tools import chat_tool_errors

METADATA = Field("an object")
COMMON: Mapping[str, Field] = {
    "metadata": METADATA,
    "parallel_tool_calls": Field("a boolean"),
    "prompt_cache_key": Field("a string", max_length=64),
    "prompt_cache_options": Field("an object"),
    "prompt_cache_retention": Field("a string", choices=("in_memory", "24h")),
    "safety_identifier": Field("a string", max_length=64),
    "service_tier": Field("a string", choices=("auto", "default", "flex", "scale", "priority", "fast")),
    "moderation": Field("an object"),
    "store": Field("a boolean"),
    "stream": Field("a boolean"),
    "stream_options": Field("an object"),
    "temperature": Field("a decimal", low=0, high=2),
    "tool_choice": Field("a string|an object"),
    "tools": Field("an array"),
    "top_logprobs": Field("an integer", low=0, high=20),
    "top_p": Field("a decimal", low=0, high=1),
    "user": Field("a string", max_length=64),
}
"""Parameters of both APIs."""
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_PARAMETERS: Mapping[str, Field] = {
    **COMMON,
    "audio": Field("an object"),
    "frequency_penalty": Field("a decimal", low=-2, high=2),
    "function_call": Field("a string|an object"),
    "functions": Field("an array", max_items=128, can_be_empty=False),
    "logit_bias": Field("an object"),
    "logprobs": Field("a boolean"),
    "max_completion_tokens": Field("an integer", low=1),
    "max_tokens": Field("an integer", low=1),
    "messages": Field("an array"),
    "modalities": Field("an array"),
    "model": Field("a string"),
    "n": Field("an integer", low=1, high=128),
    "prediction": Field("an object"),
    "presence_penalty": Field("a decimal", low=-2, high=2),
    "reasoning_effort": Field("a string", choices=EFFORTS),
    "response_format": Field("an object"),
    "seed": Field("an integer"),
    "stop": Field("a string|an array", max_items=4),
    "verbosity": Field("a string", choices=("low", "medium", "high")),
    "web_search_options": Field("an object"),
}


def chat_errors(body: Any, *, named_unknown: bool = True) -> Iterator[ApiError]:
    """Errors of a request body, without those that depend on the model.

    `named_unknown` selects which of OpenAI's two messages reports an unknown parameter: the newer one, which
    names it in `param`, or the older one.
    """
    if not isinstance(body, dict):
        yield ApiError(
            "Invalid body: failed to parse JSON value. Please check the value to ensure it is valid."
        )
        return
    if not isinstance(body.get("model"), str) or not body["model"]:
        yield ApiError("you must provide a model parameter")
    for name in body:
        if name not in _PARAMETERS:
            yield unknown_parameter(name, named=named_unknown)
    for name, field in _PARAMETERS.items():
        if body.get(name) is not None and name not in ("messages", "tools"):
            yield from field_errors(body[name], field, name)
    yield from metadata_errors(body.get("metadata"))
    yield from _dependent_errors(body)
    yield from message_errors(body.get("messages"))
    yield from chat_tool_errors(body)
    yield from _format_errors(body.get("response_format"), body["messages"])


def unknown_parameter(name: str, *, named: bool) -> ApiError:
    """The error for a parameter that the API does not know."""
    if named:
        return ApiError(f"Unknown parameter: '{name}'.", name, "unknown_parameter")
    return ApiError(f"Unrecognized request argument supplied: {name}")


def metadata_errors(metadata: Any) -> Iterator[ApiError]:
    """Errors of `metadata`: at most 16 pairs of strings."""
    for number, (key, value) in enumerate((metadata or {}).items()):
        if number == 16:
            text = "Invalid 'metadata': too many properties. Expected an object with at most 16 properties."
            yield ApiError(text, "metadata", "object_above_max_properties")
        yield from field_errors(key, Field("a string", max_length=64), "metadata")
        yield from field_errors(value, Field("a string", max_length=512), f"metadata.{key}")


def _dependent_errors(body: Mapping[str, Any]) -> Iterator[ApiError]:
    if body.get("stream_options") is not None:
        if not body.get("stream"):
            text = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
            yield ApiError(text, "stream_options")
        for name, value in body["stream_options"].items():
            if name not in ("include_usage", "include_obfuscation"):
                yield unknown_parameter(f"stream_options.{name}", named=True)
            yield from field_errors(value, Field("a boolean"), f"stream_options.{name}")
    if body.get("top_logprobs") is not None and not body.get("logprobs"):
        text = "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled."
        yield ApiError(text, "top_logprobs")
    if body.get("max_tokens") is not None and body.get("max_completion_tokens") is not None:
        text = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
        yield ApiError(text, "max_tokens", "invalid_parameter_combination")
    for number, value in enumerate(body["stop"] if isinstance(body.get("stop"), list) else ()):
        yield from field_errors(value, Field("a string"), f"stop[{number}]")


def _format_errors(wanted: Any, messages: list[dict[str, Any]]) -> Iterator[ApiError]:
    if wanted is None:
        return
    kinds = ("json_object", "json_schema", "text")
    if "type" not in wanted:
        yield missing("response_format.type")
    if wanted["type"] not in kinds:
        yield choice_error(wanted["type"], kinds, "response_format.type")
    if wanted["type"] == "json_object" and "json" not in str(messages).lower():
        text = "'messages' must contain the word 'json' in some form, to use 'response_format' of type"
        yield ApiError(f"{text} 'json_object'.", "messages")
    if wanted["type"] == "json_schema":
        schema = wanted.get("json_schema")
        if not isinstance(schema, dict):
            yield missing("response_format.json_schema")
        yield from format_schema_errors(schema, "response_format", "response_format.json_schema")


def format_schema_errors(wanted: Mapping[str, Any], label: str, where: str) -> Iterator[ApiError]:
    """Errors of a JSON schema for the answer; `label` is what the message calls it."""
    if wanted.get("name") is None:
        yield missing(f"{where}.name")
    pattern = Field("a string", max_length=64, pattern="^[a-zA-Z0-9_-]+$")
    yield from field_errors(wanted["name"], pattern, f"{where}.name")
    if wanted.get("schema") is None:
        yield missing(f"{where}.schema")
    for text in schema_faults(wanted["schema"], strict=bool(wanted.get("strict"))):
        yield ApiError(f"Invalid schema for {label} '{wanted['name']}': {text}", label)
