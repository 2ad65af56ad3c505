"""Checks of a body's contents, and the same as chat messages. No I/O.

Only the first error is used, so each check relies on those before it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sandbox.gemini.errors import ApiError, unknown_name
from sandbox.gemini.models import Model
from sandbox.gemini.wire import is_signature

_DATA = ("text", "functionCall", "functionResponse", "inlineData", "fileData")
_PART = frozenset({*_DATA, "thought", "thoughtSignature", "videoMetadata", "partMetadata"})
_ACCEPTED = ("skip_thought_signature_validator", "context_engineering_is_the_way_to_go")
"""Documented texts in place of a signature."""
_ORDER = "Please ensure that function {} turn comes immediately after a {}."
Content = Mapping[str, Any]


def content_errors(body: Mapping[str, Any], model: Model) -> Iterator[ApiError]:
    """Errors of the contents."""
    contents = body.get("contents")
    if not contents:
        yield ApiError("* GenerateContentRequest.contents: contents is not specified\n")
    if not isinstance(contents, list):
        yield ApiError("Invalid value at 'contents' (type.googleapis.com), expected a list")
    assert contents is not None  # noqa: S101 - the errors above
    for number, content in enumerate(contents):
        yield from _form_errors(content, f"contents[{number}]")
    if contents[0].get("role", "user") != "user":
        yield ApiError("Please ensure that multiturn requests begin with a user turn.")
    if contents[-1].get("role") == "model":
        yield ApiError("Please ensure that the conversation ends with a user turn or a function response.")
    yield from _call_errors(contents)
    if model.signatures:
        yield from _signature_errors(contents)


def chat_messages(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The conversation in the chat completions format; calls get ids by their position."""
    found: list[dict[str, Any]] = []
    ids: list[str] = []
    for number, content in enumerate(body["contents"]):
        parts = content["parts"]
        responses = [part["functionResponse"] for part in parts if "functionResponse" in part]
        for call_id, response in zip(ids, responses, strict=False):
            result = json.dumps(response.get("response") or {})
            found.append({"role": "tool", "tool_call_id": call_id, "content": result})
        calls = [part["functionCall"] for part in parts if "functionCall" in part]
        ids = [f"call_{number}_{at}" for at in range(len(calls))]
        text = "\n".join(str(part["text"]) for part in parts if part.get("text") and not part.get("thought"))
        if text or calls:
            role = "assistant" if content.get("role") == "model" else "user"
            entry: dict[str, Any] = {"role": role, "content": text}
            if calls:
                entry["tool_calls"] = [_chat_call(*pair) for pair in zip(ids, calls, strict=True)]
            found.append(entry)
    return found


def _chat_call(call_id: str, call: Mapping[str, Any]) -> dict[str, Any]:
    function = {"name": call["name"], "arguments": json.dumps(call.get("args") or {})}
    return {"id": call_id, "type": "function", "function": function}


def _form_errors(content: Any, where: str) -> Iterator[ApiError]:
    if not isinstance(content, dict):
        yield ApiError(f"Invalid value at '{where}' (type.googleapis.com), expected an object")
    for name in content:
        if name not in ("role", "parts"):
            yield unknown_name(name, where)
    if content.get("role", "user") not in ("user", "model"):
        yield ApiError("Please use a valid role: user, model.")
    if not isinstance(content.get("parts"), list) or not content["parts"]:
        yield ApiError(f"* GenerateContentRequest.{where}.parts: contents.parts must not be empty.")
    for at, part in enumerate(content["parts"]):
        yield from _part_errors(part, f"{where}.parts[{at}]")


def _part_errors(part: Any, where: str) -> Iterator[ApiError]:
    if not isinstance(part, dict):
        yield ApiError(f"Invalid value at '{where}' (type.googleapis.com), expected an object")
    for name in part:
        if name not in _PART:
            yield unknown_name(name, where)
    data = [name for name in _DATA if part.get(name) is not None]
    if len(data) != 1 or part.get("text") == "":
        text = "required oneof field 'data' must have one initialized field"
        yield ApiError(f"* GenerateContentRequest.{where}.data: {text}")
    for name, needed in (("functionCall", "args"), ("functionResponse", "response")):
        value = part.get(name)
        if value is None:
            continue
        if not isinstance(value.get("name"), str) or not value["name"]:
            yield ApiError(f"* GenerateContentRequest.{where}.{name}.name: Name cannot be empty.")
        if not isinstance(value.get(needed, {}), dict):
            yield ApiError(f"Invalid value at '{where}.{name}.{needed}' (type.googleapis.com/Struct)")


def _call_errors(contents: Sequence[Content]) -> Iterator[ApiError]:
    calls: list[Mapping[str, Any]] = []
    for content in contents:
        responses = [p["functionResponse"] for p in content["parts"] if "functionResponse" in p]
        if responses and not calls:
            yield ApiError(_ORDER.format("response", "function call turn"))
        if calls and len(responses) != len(calls):
            text = (
                "Please ensure that the number of function response parts is equal to the number of function"
            )
            yield ApiError(f"{text} call parts of the function call turn.")
        for call, response in zip(calls, responses, strict=False):
            if call["name"] != response["name"] or call.get("id") != response.get("id"):
                yield ApiError("Function response does not match its function call: check name and id.")
        calls = [part["functionCall"] for part in content["parts"] if "functionCall" in part]
        if calls and content.get("role") != "model":
            yield ApiError(_ORDER.format("call", "user turn or after a function response turn"))
    if calls:
        yield ApiError(_ORDER.format("response", "function call turn"))


def _signature_errors(contents: Sequence[Content]) -> Iterator[ApiError]:
    """Signatures of all turns are read; they are required since the user's last words only."""
    last_words = max(
        (
            number
            for number, content in enumerate(contents)
            if content.get("role", "user") == "user" and any("text" in part for part in content["parts"])
        ),
        default=0,
    )
    for number, content in enumerate(contents):
        calls = [part for part in content["parts"] if "functionCall" in part]
        for part in content["parts"]:
            signature = part.get("thoughtSignature")
            if signature is not None and signature not in _ACCEPTED and not is_signature(str(signature)):
                yield ApiError("Thought signature is not valid.")
        if calls and number > last_words and not calls[0].get("thoughtSignature"):
            yield _unsigned(calls[0]["functionCall"]["name"], number + 1)


def _unsigned(name: str, position: int) -> ApiError:
    return ApiError(
        "Function call is missing a thought_signature in functionCall parts. This is required for tools to"
        " work correctly, and missing thought_signature may lead to degraded model performance. Additional"
        f" data, function call `default_api:{name}` , position {position}. Please refer to"
        " https://ai.google.dev/gemini-api/docs/thought-signatures for more details."
    )
