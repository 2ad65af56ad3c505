"""Parameters of a session, validated as AssemblyAI does. No I/O, no clock."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from sandbox.assemblyai.failure import SessionFailure

_UNIVERSAL_3 = ("universal-3-5-pro", "universal-3-6-pro", "universal-3-6", "u3-rt-pro")
_LISTS = ("keyterms_prompt", "language_codes")
_MAX_KEYTERM_CHARS = 50

Model = Literal[
    "universal-streaming-english",
    "universal-streaming-multilingual",
    "whisper-rt",
    "universal-3-5-pro",
    "universal-3-6-pro",
    "universal-3-6",
    "u3-rt-pro",
]
Share = Annotated[float, Field(ge=0, le=1)]


class Changeable(BaseModel):
    """The parameters that `UpdateConfiguration` can change, too."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    end_of_turn_confidence_threshold: Share | None = None
    min_turn_silence: Annotated[int, Field(ge=0)] | None = None
    max_turn_silence: Annotated[int, Field(ge=0)] | None = None
    vad_threshold: Share | None = None
    format_turns: bool | None = None
    keyterms_prompt: Annotated[tuple[str, ...], Field(max_length=100)] | None = None
    language_codes: Annotated[tuple[str, ...], Field(max_length=10)] | None = None

    @field_validator("keyterms_prompt")
    @classmethod
    def _check_keyterms(cls, terms: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if any(len(term) > _MAX_KEYTERM_CHARS for term in terms or ()):
            raise ValueError(f"a term has more than {_MAX_KEYTERM_CHARS} characters")
        return terms


class SessionQuery(Changeable):
    """Parameters of `/v3/ws`; unknown ones are ignored."""

    speech_model: Model
    sample_rate: Annotated[int, Field(gt=0)]
    encoding: Literal["pcm_s16le", "pcm_mulaw"] = "pcm_s16le"
    language_detection: bool = False
    inactivity_timeout: Annotated[int, Field(ge=5, le=3600)] | None = None
    mode: Literal["min_latency", "balanced", "max_accuracy"] | None = None

    @model_validator(mode="after")
    def _check_model(self) -> "SessionQuery":
        if self.mode and not self.universal_3:
            raise ValueError(f"mode is not supported by {self.speech_model}")
        if self.language_codes and not self.universal_3:
            raise ValueError(f"language_codes is not supported by {self.speech_model}")
        return self

    @property
    def universal_3(self) -> bool:
        """Whether the model is of the Universal-3 family, which always formats turns."""
        return self.speech_model in _UNIVERSAL_3

    @property
    def silence_ms(self) -> float:
        """Silence that ends a turn which is complete."""
        default = 100 if self.universal_3 else 400
        return self.min_turn_silence if self.min_turn_silence is not None else default

    @property
    def formats_turns(self) -> bool:
        """Whether a formatted text follows the end of each turn."""
        return bool(self.format_turns) and not self.universal_3

    def updated(self, message: Mapping[str, Any]) -> "SessionQuery":
        """Return the parameters with those changed that a message names.

        Raises:
            SessionFailure: a value is invalid.
        """
        names = Changeable.model_fields
        changes = {name: value for name, value in message.items() if name in names}
        return _validated({**self.model_dump(exclude_none=True), **changes})


def read_query(query: Sequence[tuple[str, str]]) -> SessionQuery:
    """Parse the parameters of an address.

    Raises:
        SessionFailure: AssemblyAI would refuse them.
    """
    values: dict[str, Any] = dict(query)
    for name in _LISTS:
        if name in values:
            try:
                values[name] = json.loads(values[name])
            except ValueError:
                raise SessionFailure(3006, f"Invalid {name}: must be a JSON list of strings") from None
    return _validated(values)


def _validated(values: Mapping[str, Any]) -> SessionQuery:
    try:
        return SessionQuery.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "query"
        reason = first["msg"].removeprefix("Value error, ")
        raise SessionFailure(3006, f"Invalid {place}: {reason}") from None
