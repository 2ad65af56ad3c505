"""The messages that clients send, validated as Cartesia does. No I/O, no clock."""

import json
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.cartesia.errors import Rejected
from sandbox.cartesia.models import check_model
from sandbox.cartesia.voices import check_voice

MAX_TRANSCRIPT_CHARACTERS = 10_000
_PER_MESSAGE = frozenset({"transcript", "continue_", "flush", "duration"})
"""Fields that may differ between the messages of a context."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class OutputFormat(_Model):
    """The format of the audio."""

    container: Literal["raw"]
    encoding: Literal["pcm_f32le", "pcm_s16le", "pcm_mulaw", "pcm_alaw"]
    sample_rate: Literal[8000, 16000, 22050, 24000, 44100, 48000]


class _Voice(_Model):
    mode: Literal["id"]
    id: str


class _GenerationConfig(_Model):
    speed: Annotated[float, Field(ge=0.6, le=1.5)] = 1.0
    volume: Annotated[float, Field(ge=0.5, le=2.0)] = 1.0
    emotion: str | None = None


class GenerationRequest(_Model):
    """Text for a context."""

    context_id: Annotated[str, Field(min_length=1, pattern=r"^[A-Za-z0-9_-]+$")]
    model_id: str
    transcript: Annotated[str, Field(max_length=MAX_TRANSCRIPT_CHARACTERS)]
    voice: _Voice
    output_format: OutputFormat
    language: str | None = None
    continue_: bool = Field(default=False, alias="continue")
    flush: bool = False
    add_timestamps: bool = False
    add_phoneme_timestamps: bool = False
    use_normalized_timestamps: bool = False
    max_buffer_delay_ms: Annotated[int, Field(ge=0, le=5000)] = 3000
    generation_config: _GenerationConfig | None = None
    pronunciation_dict_id: str | None = None
    duration: float | None = None

    def same_context(self, other: "GenerationRequest") -> bool:
        """Whether the other message may continue this one's context."""
        return self.model_dump(exclude=set(_PER_MESSAGE)) == other.model_dump(exclude=set(_PER_MESSAGE))


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """A context to cancel."""

    context_id: str


def read_message(raw: str | bytes | None) -> GenerationRequest | CancelRequest:
    """Parse a WebSocket frame.

    Raises:
        Rejected: it is not a text frame with JSON, or a field is missing or wrong.
    """
    if not isinstance(raw, str):
        raise Rejected("", "The message is not a text frame.")
    try:
        message: Any = json.loads(raw)
    except (ValueError, RecursionError):
        raise Rejected("", "The message is not valid JSON.") from None
    if not isinstance(message, dict):
        raise Rejected("", "The message is not a JSON object.")
    if "cancel" in message:
        return _read_cancel(message)
    try:
        request = GenerationRequest.model_validate(message)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise Rejected("", f"{where}: {error.errors()[0]['msg']}") from None
    check_model(request.model_id, request.language)
    check_voice(request.voice.id)
    return request


def context_of(raw: str | bytes | None) -> str | None:
    """The context that a message names, for the error event of one that is rejected."""
    try:
        message = json.loads(raw or "")
    except (ValueError, RecursionError):
        return None
    name = message.get("context_id") if isinstance(message, dict) else None
    return name if isinstance(name, str) else None


def _read_cancel(message: dict[str, Any]) -> CancelRequest:
    context_id = message.get("context_id")
    if message["cancel"] is not True or not isinstance(context_id, str):
        raise Rejected("", "cancel must be true, with the context_id of the context to cancel.")
    return CancelRequest(context_id)
