"""Messages that clients send on the sockets, validated as ElevenLabs does. No I/O, no clock."""

import json
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

DEFAULT_SCHEDULE = (120.0, 160.0, 250.0, 290.0)
"""Characters to collect before each generation; the last number applies to all later generations."""


class Rejected(Exception):
    """A request or socket is rejected with one of ElevenLabs' error codes."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class GenerationConfig(BaseModel):
    """When audio is generated without a flush."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    chunk_length_schedule: tuple[Annotated[float, Field(ge=50, le=500)], ...] | None = None


class ClientMessage(BaseModel):
    """A message on either socket; fields without effect on the emulator are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    text: str | None = None
    context_id: str | None = Field(default=None, validation_alias=AliasChoices("context_id", "contextId"))
    flush: bool | None = None
    try_trigger_generation: bool | None = None
    close_context: bool | None = None
    close_socket: bool | None = None
    voice_settings: dict[str, Any] | None = None
    generation_config: GenerationConfig | None = None
    key: str | None = Field(default=None, validation_alias=AliasChoices("xi-api-key", "xi_api_key"))

    @property
    def schedule(self) -> tuple[float, ...]:
        """The requested schedule, or ElevenLabs' default."""
        requested = self.generation_config and self.generation_config.chunk_length_schedule
        return requested or DEFAULT_SCHEDULE


def read_message(raw: str | bytes | None) -> ClientMessage:
    """Parse a WebSocket frame.

    Raises:
        Rejected: the frame is not text, not JSON, or does not match the schema.
    """
    if not isinstance(raw, str):
        raise Rejected("invalid_input_message", "The message is not a text frame.")
    try:
        json.loads(raw)
    except (ValueError, RecursionError):
        raise Rejected("invalid_input_message", "The message is not JSON.") from None
    try:
        return ClientMessage.model_validate_json(raw, strict=True)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"]) or "the message"
        raise Rejected("invalid_input_message", f"{where} does not match the schema.") from None
