"""The configuration of a session, and why an update of it is refused. No I/O, no clock."""

import copy
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from sandbox.openai.errors import ApiError
from sandbox.openai.realtime.live_transcript import DEFAULT_DELAY
from sandbox.openai.realtime.models import RealtimeFamily, find_family

_PCM = {"type": "audio/pcm", "rate": 24_000}
_VAD = {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 200}
_REPLY = {"idle_timeout_ms": None, "create_response": True, "interrupt_response": True}
_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "server_vad": {**_VAD, "silence_duration_ms": 500, **_REPLY},
    "semantic_vad": {
        "type": "semantic_vad",
        "eagerness": "auto",
        "create_response": True,
        "interrupt_response": True,
    },
}
INSTRUCTIONS = "You are a helpful, witty, and friendly AI. You are not a human."
_TURN_DETECTION = "session.audio.input.turn_detection"
_TRANSCRIPTION = "session.audio.input.transcription"


class SessionConfig:
    """The effective configuration of one session."""

    def __init__(self, session_id: str, expires_at: int, model: str = "") -> None:
        """Start with the defaults; a session without a model transcribes."""
        transcribes = not model
        vad = dict(_VAD) if transcribes else {**_VAD, **_REPLY}
        audio: dict[str, Any] = {
            "input": {
                "format": dict(_PCM),
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": vad,
            }
        }
        kind = "transcription" if transcribes else "realtime"
        self.data: dict[str, Any] = {
            "type": kind,
            "object": "realtime.transcription_session" if transcribes else "realtime.session",
            "id": session_id,
            "expires_at": expires_at,
            "audio": audio,
            "include": None,
        }
        if not transcribes:
            audio["output"] = {"format": dict(_PCM), "voice": "alloy", "speed": 1.0}
            self.data |= {
                "model": model,
                "output_modalities": ["audio"],
                "instructions": INSTRUCTIONS,
                "max_output_tokens": "inf",
                "truncation": "auto",
                "tools": [],
                "tool_choice": "auto",
                "tracing": None,
                "prompt": None,
            }

    @property
    def transcribes(self) -> bool:
        """Whether the session only transcribes."""
        return bool(self.data["type"] == "transcription")

    @property
    def input(self) -> dict[str, Any]:
        """The configuration of the caller's audio."""
        return dict(self.data["audio"]["input"])

    @property
    def output(self) -> dict[str, Any]:
        """The configuration of the model's audio."""
        return dict(self.data["audio"].get("output") or {})

    @property
    def turn_detection(self) -> dict[str, Any] | None:
        """The turn detection with its defaults; None if it is off."""
        given = self.input["turn_detection"]
        if given is None:
            return None
        set_fields = {name: value for name, value in given.items() if value is not None}
        return {**_DEFAULTS[given["type"]], **set_fields}

    @property
    def transcription_model(self) -> str:
        """The model that transcribes the caller's audio; empty for none."""
        return str((self.input["transcription"] or {}).get("model") or "")

    @property
    def streams(self) -> bool:
        """Whether the session's transcripts are sent while the audio arrives."""
        return self.transcribes and _streams(self.transcription_model)

    @property
    def delay(self) -> str:
        """The name of the time from a word to its delta."""
        return str((self.input["transcription"] or {}).get("delay") or DEFAULT_DELAY)

    def update(self, changes: Mapping[str, Any]) -> None:
        """Apply a `session.update` that was not refused."""
        given = copy.deepcopy(dict(changes))
        turn_detection = (given.get("audio") or {}).get("input", {}).pop("turn_detection", ...)
        _merge(self.data, given)
        target = self.data["audio"]["input"]
        if turn_detection is not ...:
            current = target["turn_detection"] or {}
            same = turn_detection is not None and current.get("type") == turn_detection["type"]
            target["turn_detection"] = {**current, **turn_detection} if same else turn_detection
        elif self.streams:
            target["turn_detection"] = None

    def update_errors(
        self, changes: Mapping[str, Any], today: date, *, audio_present: bool
    ) -> Iterator[ApiError]:
        """Why an update is refused; the types of its fields are valid."""
        if changes["type"] != self.data["type"]:
            names = (changes["type"], self.data["type"])
            text = f"Passing a {names[0]} session update event to a {names[1]} session is not allowed."
            yield ApiError(text, "session.type", "invalid_value")
        yield from self._model_errors(changes)
        voice = ((changes.get("audio") or {}).get("output") or {}).get("voice")
        if audio_present and voice is not None and voice != self.output["voice"]:
            yield cannot_update_voice()
        yield from self._input_errors((changes.get("audio") or {}).get("input") or {}, today)

    def _model_errors(self, changes: Mapping[str, Any]) -> Iterator[ApiError]:
        model = self.data.get("model")
        if changes.get("model") not in (None, model):
            text = "The model of a session cannot be changed after it was created."
            yield ApiError(text, "session.model", "invalid_value")
        family = find_family(str(model or ""), date.min)
        for name in ("reasoning", "parallel_tool_calls"):
            if changes.get(name) is not None and family and not family.reasons:
                text = f"Unsupported parameter: '{name}' is not supported with this model."
                yield ApiError(text, f"session.{name}", "unsupported_parameter")

    def _input_errors(self, changes: Mapping[str, Any], today: date) -> Iterator[ApiError]:
        given = changes.get("transcription")
        model = self.transcription_model
        if given is not None:
            model = given.get("model") or model
            yield from _transcription_errors(given, model, today)
        turn_detection = changes.get("turn_detection")
        if turn_detection is not None and self.transcribes and _streams(model):
            text = "Turn detection is not supported for this transcription model."
            yield ApiError(text, _TURN_DETECTION, "invalid_value")


def cannot_update_voice() -> ApiError:
    """The error for another voice after the model has spoken."""
    text = "Cannot update a conversation's voice if assistant audio is present."
    return ApiError(text, None, "cannot_update_voice")


def _streams(model: str) -> bool:
    family = find_family(model, date.min)
    return family is not None and family.streams


def _transcription_errors(given: Mapping[str, Any], model: str, today: date) -> Iterator[ApiError]:
    family: RealtimeFamily | None = find_family(model, today) if model else None
    if family is None or not family.transcribes:
        text = f"Invalid value: '{model}'. The transcription model does not exist or cannot be used here."
        yield ApiError(text, f"{_TRANSCRIPTION}.model", "invalid_value")
    if family is None:
        return
    if given.get("language") and given.get("languages"):
        text = "Only one of 'language' and 'languages' may be set."
        yield ApiError(text, f"{_TRANSCRIPTION}.languages", "invalid_value")
    unsupported = {
        "keywords": not family.keywords,
        "languages": not family.keywords,
        "delay": not family.streams,
        "prompt": family.streams and not family.keywords,
    }
    for name, refused in unsupported.items():
        if given.get(name) and refused:
            text = f"'{name}' is not supported for this transcription model."
            yield ApiError(text, f"{_TRANSCRIPTION}.{name}", "invalid_value")


def _merge(target: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """Merge objects into objects; formats, voices and lists are replaced whole."""
    for name, value in changes.items():
        current = target.get(name)
        if name in ("audio", "input", "output") and isinstance(current, dict) and isinstance(value, dict):
            _merge(current, value)
        elif name == "transcription" and isinstance(current, dict) and isinstance(value, dict):
            target[name] = {**current, **value}
        else:
            target[name] = value
