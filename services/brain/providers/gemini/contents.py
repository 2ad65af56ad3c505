"""Converts any history to the contents of a Gemini request. No I/O.

The API needs the user first, each function response right after its call and as many as there were calls,
and, from Gemini 3 on, the signature of the thought that led to a call.
https://ai.google.dev/gemini-api/docs/function-calling and …/thought-signatures
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from parley.providers.llm import Message
from parley.providers.untrusted import clean_json
from services.brain.providers.streams.history import CALLER_SILENT
from services.brain.providers.streams.native_history import conform_native

Part: TypeAlias = dict[str, Any]

EXTRA = "gemini"
"""Key of a tool call under which the history keeps what the API requires back."""
NO_SIGNATURE = "skip_thought_signature_validator"
"""Accepted in place of a signature, for calls that another model made."""


@dataclass(frozen=True, slots=True)
class Signatures:
    """How function calls are signed."""

    required: bool
    """Whether the API refuses a call without one."""
    own: bool = True
    """Whether the signatures of the history are sent; a server may have refused one."""


def convert(messages: Sequence[Message], signatures: Signatures) -> tuple[list[Part], list[Part]]:
    """The parts of `systemInstruction`, and `contents`."""
    conformed = conform_native(messages)
    system: list[Part] = []
    contents: list[Part] = []
    names: dict[str, tuple[str, str]] = {}
    """Name and the API's id of each call, by our id."""
    responds = False
    for message in conformed:
        match message["role"]:
            case "system":
                system.append({"text": str(message["content"])})
            case "tool":
                if not responds:
                    contents.append({"role": "user", "parts": []})
                contents[-1]["parts"].append(_response(message, names))
            case "assistant":
                contents.append({"role": "model", "parts": _model_parts(message, signatures, names)})
            case _:
                contents.append({"role": "user", "parts": [{"text": message["content"] or CALLER_SILENT}]})
        responds = message["role"] == "tool"
    return system, contents


def _model_parts(
    message: Mapping[str, Any], signatures: Signatures, names: dict[str, tuple[str, str]]
) -> list[Part]:
    parts: list[Part] = [{"text": str(message["content"])}] if message.get("content") else []
    for number, call in enumerate(message.get("tool_calls") or ()):
        extra = call.get(EXTRA)
        fields: Mapping[str, Any] = extra if isinstance(extra, Mapping) else {}
        call_id = fields.get("id")
        names[call["id"]] = call["function"]["name"], call_id if isinstance(call_id, str) else ""
        part: Part = {"functionCall": _function_call(call, names[call["id"]][1])}
        signature = fields.get("thoughtSignature")
        if signatures.own and isinstance(signature, str) and signature:
            part["thoughtSignature"] = signature
        elif signatures.required and number == 0:
            # Of parallel calls only the first one has a signature.
            part["thoughtSignature"] = NO_SIGNATURE
        parts.append(part)
    return parts


def _function_call(call: Mapping[str, Any], call_id: str) -> dict[str, Any]:
    arguments = clean_json(json.loads(call["function"]["arguments"]))
    found = {
        "name": call["function"]["name"],
        "args": arguments if isinstance(arguments, dict) else {},
    }
    return found | ({"id": call_id} if call_id else {})


def _response(message: Mapping[str, Any], names: Mapping[str, tuple[str, str]]) -> Part:
    name, call_id = names[message["tool_call_id"]]
    response = {"name": name, "response": _result(str(message["content"]))}
    return {"functionResponse": response | ({"id": call_id} if call_id else {})}


def _result(content: str) -> dict[str, Any]:
    """The result as the object that the API requires."""
    try:
        value = clean_json(json.loads(content))
    except (ValueError, RecursionError):
        value = content
    return value if isinstance(value, dict) else {"result": value}
