"""What a client says on the sockets, checked as the vendor does. No I/O, no clock."""

import json
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

DEFAULT_SCHEDULE = (120.0, 160.0, 250.0, 290.0)
"""Characters that are waited for before each of the first generations; the last holds for all later ones."""


class Refused(Exception):
    """The vendor says an error word and closes."""

    def __init__(self, word: str, message: str) -> None:
        super().__init__(message)
        self.word = word


class GenerationConfig(BaseModel):
    """When sound is made without a flush."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    chunk_length_schedule: tuple[Annotated[float, Field(ge=50, le=500)], ...] | None = None


class ClientMessage(BaseModel):
    """Any message of either socket; fields that change nothing here are not read."""

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
        """The one it asks for, or the vendor's."""
        asked = self.generation_config and self.generation_config.chunk_length_schedule
        return asked or DEFAULT_SCHEDULE


def read_message(raw: str | bytes | None) -> ClientMessage:
    """Read a frame.

    Raises:
        Refused: it is no text, no JSON, or not of the schema.
    """
    if not isinstance(raw, str):
        raise Refused("invalid_input_message", "The message is no text frame.")
    try:
        json.loads(raw)
    except (ValueError, RecursionError):
        raise Refused("invalid_input_message", "The message is no JSON.") from None
    try:
        return ClientMessage.model_validate_json(raw, strict=True)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"]) or "the message"
        raise Refused("invalid_input_message", f"{where} does not match the schema.") from None
