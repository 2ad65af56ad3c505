"""Builds the messages to OpenAI's Realtime API (GA). No I/O.

The fields are those of the reference: https://platform.openai.com/docs/api-reference/realtime-client-events
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from parley.agent_config import RealtimeConfig, primary_language
from parley.providers.realtime import (
    AgentText,
    CalledTool,
    CallerText,
    HistoryItem,
    Instruction,
    ResponseRequest,
    SessionSetup,
    ToolOutput,
)

TAG = "reply"
"""Key of a response's metadata that returns its tag."""
_PCMU = {"type": "audio/pcmu"}
_STREAMING_TRANSCRIBERS = ("gpt-live-transcribe", "gpt-transcribe")
"""Models that take key words as a list, and languages as a list; others take a prompt and one language."""
_RETAINED = 0.8
"""The part of the conversation that remains: each truncation makes the provider's cache useless once."""
_EXACTLY = (
    "Say exactly the following text aloud, word for word, in its language. Add nothing, leave nothing out, "
    "answer nothing.\nTEXT:\n"
)


def session_update(config: RealtimeConfig, setup: SessionSetup) -> dict[str, Any]:
    """Return the message that sets up a session."""
    session: dict[str, Any] = {
        "type": "realtime",
        "output_modalities": ["audio"],
        "instructions": setup.instructions,
        "audio": {
            "input": {
                "format": _PCMU,
                "transcription": _transcription(config, setup.languages),
                "noise_reduction": _noise_reduction(config),
                "turn_detection": _turn_detection(config),
            },
            "output": {"format": _PCMU, "voice": config.voice, "speed": config.speed},
        },
        "tools": [_tool(definition) for definition in setup.tools],
        "tool_choice": "auto",
        "max_output_tokens": config.max_tokens,
    }
    if config.history_tokens is not None:
        limits = {"post_instructions": config.history_tokens}
        session["truncation"] = {
            "type": "retention_ratio",
            "retention_ratio": _RETAINED,
            "token_limits": limits,
        }
    if config.reasoning_effort is not None:
        session["reasoning"] = {"effort": config.reasoning_effort}
    return {"type": "session.update", "session": session}


def append_audio(mulaw: bytes) -> dict[str, Any]:
    """Return the message with audio of the caller."""
    return {"type": "input_audio_buffer.append", "audio": base64.b64encode(mulaw).decode("ascii")}


def create_item(item_id: str, item: HistoryItem) -> dict[str, Any]:
    """Return the message that adds an item to the conversation."""
    return {"type": "conversation.item.create", "item": {"id": item_id, **_item(item)}}


def delete_item(item_id: str) -> dict[str, Any]:
    """Return the message that removes an item of the conversation."""
    return {"type": "conversation.item.delete", "item_id": item_id}


def truncate_item(item_id: str, played_ms: int) -> dict[str, Any]:
    """Return the message that removes the part of a spoken item after a position."""
    return {
        "type": "conversation.item.truncate",
        "item_id": item_id,
        "content_index": 0,
        "audio_end_ms": played_ms,
    }


def create_response(request: ResponseRequest) -> dict[str, Any]:
    """Return the message that requests a response."""
    response: dict[str, Any] = {"metadata": {TAG: request.tag}}
    if request.exact_text:
        # Without the conversation as input, because the words answer nothing; the output is part of it.
        response |= {"input": [], "instructions": _EXACTLY + request.exact_text, "tool_choice": "none"}
    else:
        if request.tool_choice != "auto":
            response["tool_choice"] = request.tool_choice
        if request.tools is not None:
            response["tools"] = [_tool(definition) for definition in request.tools]
    # An `error` event that refuses the request names this id.
    return {"type": "response.create", "event_id": request.tag, "response": response}


def cancel_response(tag: str, response_id: str) -> dict[str, Any]:
    """Return the message that cancels a response; `response_id` is empty until the provider has named it."""
    # An `error` event that refuses the request names the tag: the response has ended already.
    cancel = {"type": "response.cancel", "event_id": tag}
    return {**cancel, "response_id": response_id} if response_id else cancel


def _transcription(config: RealtimeConfig, languages: Sequence[str]) -> dict[str, Any]:
    transcription: dict[str, Any] = {"model": config.transcription_model}
    has_lists = config.transcription_model.startswith(_STREAMING_TRANSCRIBERS)
    codes = list(dict.fromkeys(primary_language(language) for language in languages))
    if codes and has_lists:
        transcription["languages"] = codes
    elif len(codes) == 1:
        # Of several, the model detects which is spoken.
        transcription["language"] = codes[0]
    if config.keyterms and has_lists:
        transcription["keywords"] = list(config.keyterms)
    elif config.keyterms and config.transcription_model != "gpt-realtime-whisper":
        transcription["prompt"] = ", ".join(config.keyterms)
    return transcription


def _noise_reduction(config: RealtimeConfig) -> dict[str, Any] | None:
    return None if config.noise_reduction == "off" else {"type": config.noise_reduction}


def _turn_detection(config: RealtimeConfig) -> dict[str, Any]:
    """The brain requests and cancels responses itself, because it decides by the words who speaks next."""
    detection = config.turn_detection
    if detection.type == "semantic_vad":
        kind: dict[str, Any] = {"type": "semantic_vad", "eagerness": detection.eagerness}
    else:
        kind = {
            "type": "server_vad",
            "threshold": detection.threshold,
            "prefix_padding_ms": detection.prefix_padding_ms,
            "silence_duration_ms": detection.silence_ms,
        }
    return {**kind, "create_response": False, "interrupt_response": False}


def _tool(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Convert a definition of chat completions, which has the function's fields one level deeper."""
    function = definition.get("function", {})
    fields = {key: function[key] for key in ("name", "description", "parameters") if key in function}
    return {"type": "function", **fields}


def _item(item: HistoryItem) -> dict[str, Any]:
    match item:
        case CallerText(text=text):
            return _message("user", "input_text", text)
        case AgentText(text=text):
            return _message("assistant", "output_text", text)
        case Instruction(text=text):
            return _message("system", "input_text", text)
        case CalledTool(call_id=call_id, name=name, arguments=arguments):
            return {"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments}
        case ToolOutput(call_id=call_id, output=output):
            return {"type": "function_call_output", "call_id": call_id, "output": output}


def _message(role: str, kind: str, text: str) -> dict[str, Any]:
    content: Sequence[Mapping[str, str]] = [{"type": kind, "text": text}]
    return {"type": "message", "role": role, "content": content}
