"""The fields of a session, beside the types of OpenAI's library."""

import copy
from typing import Any

import pytest
from openai.types.realtime import RealtimeResponseCreateParams, RealtimeSessionCreateRequest

from sandbox.openai.realtime.schema import Object, errors
from sandbox.openai.realtime.session_schema import RESPONSE, SESSION

FULL: dict[str, Any] = {
    "type": "realtime",
    "model": "gpt-realtime-2.1",
    "output_modalities": ["audio"],
    "instructions": "x",
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24_000},
            "transcription": {"model": "gpt-live-transcribe", "languages": ["en"], "keywords": ["x"]},
            "noise_reduction": {"type": "far_field"},
            "turn_detection": {"type": "semantic_vad", "eagerness": "low", "create_response": False},
        },
        "output": {"format": {"type": "audio/pcma"}, "voice": {"id": "voice_1"}, "speed": 1.5},
    },
    "tools": [{"type": "function", "name": "f", "parameters": {}}, {"type": "mcp", "server_label": "s"}],
    "tool_choice": {"type": "function", "name": "f"},
    "max_output_tokens": 4096,
    "truncation": {"type": "retention_ratio", "retention_ratio": 0.5},
    "tracing": "auto",
    "include": ["item.input_audio_transcription.logprobs"],
    "prompt": {"id": "p"},
    "reasoning": {"effort": "low"},
    "parallel_tool_calls": True,
}


def changed(path: str, value: Any) -> dict[str, Any]:
    data = copy.deepcopy(FULL)
    target: Any = data
    *parents, name = path.split(".")
    for parent in parents:
        target = target[parent]
    target[name] = value
    return data


def test_a_session_accepts_every_field_of_the_library() -> None:
    """A field that is added to the library must be added here."""
    realtime = SESSION.options["realtime"]

    assert list(errors(FULL, SESSION, "session")) == []
    assert set(realtime.fields) == set(RealtimeSessionCreateRequest.model_fields)
    assert isinstance(RESPONSE, Object)
    assert set(RESPONSE.fields) == set(RealtimeResponseCreateParams.model_fields)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("audio.input.format", {"type": "audio/pcm", "rate": 16_000}),
        ("audio.input.format", {"type": "g711_ulaw"}),
        ("audio.input.format", {"type": "audio/pcmu", "rate": 8000}),
        ("audio.input.turn_detection", {"type": "server_vad", "threshold": 1.5}),
        ("audio.input.turn_detection", {"type": "server_vad", "eagerness": "low"}),
        ("audio.input.turn_detection", {"type": "server_vad", "idle_timeout_ms": 100}),
        ("audio.output.voice", "nova"),
        ("audio.output.speed", 2),
        ("max_output_tokens", 5000),
        ("tools", [{"type": "function", "name": "f", "strict": True}]),
        ("tools", [{"type": "function", "function": {"name": "f"}}]),
        ("tool_choice", "any"),
        ("modalities", ["audio"]),
        ("voice", "marin"),
    ],
)
def test_a_session_refuses_other_values(path: str, value: Any) -> None:
    """Among them those of the beta and of Chat Completions."""
    assert next(errors(changed(path, value), SESSION, "session"), None) is not None
