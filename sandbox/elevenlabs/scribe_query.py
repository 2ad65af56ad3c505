"""Parameters of a live transcription, validated as ElevenLabs does. No I/O, no clock."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from sandbox.elevenlabs.scribe_languages import LANGUAGES

_LISTS = ("keyterms", "secondary_languages")
_MAX_KEYTERM_CHARS = 20
_RATES_HZ = {
    "pcm_8000": 8000,
    "pcm_16000": 16_000,
    "pcm_22050": 22_050,
    "pcm_24000": 24_000,
    "pcm_44100": 44_100,
    "pcm_48000": 48_000,
    "ulaw_8000": 8000,
}


class InvalidScribeQuery(ValueError):
    """ElevenLabs would refuse the parameters; the message gives the reason."""


class ScribeQuery(BaseModel):
    """Parameters of `/v1/speech-to-text/realtime`; unknown ones are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    model_id: Literal["scribe_v2_realtime", "scribe_v3_live"]
    audio_format: str = "pcm_16000"
    language_code: str | None = None
    secondary_languages: tuple[str, ...] = ()
    commit_strategy: Literal["manual", "vad"] = "manual"
    vad_silence_threshold_secs: Annotated[float, Field(ge=0.3, le=3.0)] = 1.5
    vad_threshold: Annotated[float, Field(ge=0.1, le=0.9)] = 0.4
    min_speech_duration_ms: Annotated[int, Field(ge=50, le=2000)] = 100
    min_silence_duration_ms: Annotated[int, Field(ge=50, le=2000)] = 100
    include_timestamps: bool = False
    include_language_detection: bool = False
    keyterms: Annotated[tuple[str, ...], Field(max_length=50)] = ()
    no_verbatim: bool = False
    filter_background_audio: bool = False
    enable_logging: bool = True

    @property
    def sample_rate_hz(self) -> int:
        """Sample rate of the audio."""
        return _RATES_HZ[self.audio_format]

    @property
    def mulaw(self) -> bool:
        """Whether the audio is mu-law."""
        return self.audio_format == "ulaw_8000"

    @property
    def sends_timestamps(self) -> bool:
        """Whether a second message follows each commit."""
        return self.include_timestamps or self.include_language_detection

    @field_validator("audio_format")
    @classmethod
    def _check_format(cls, name: str) -> str:
        if name not in _RATES_HZ:
            raise ValueError(f"must be one of {', '.join(_RATES_HZ)}")
        return name

    @field_validator("language_code")
    @classmethod
    def _check_language(cls, code: str | None) -> str | None:
        if code is not None and code not in LANGUAGES:
            raise ValueError(f"{code!r} is not a supported ISO 639-1 or ISO 639-3 code")
        return code

    @field_validator("secondary_languages")
    @classmethod
    def _check_languages(cls, codes: tuple[str, ...]) -> tuple[str, ...]:
        for code in codes:
            cls._check_language(code)
        return codes

    @field_validator("keyterms")
    @classmethod
    def _check_keyterms(cls, terms: tuple[str, ...]) -> tuple[str, ...]:
        if any(len(term) > _MAX_KEYTERM_CHARS for term in terms):
            raise ValueError(f"a keyterm has more than {_MAX_KEYTERM_CHARS} characters")
        return terms

    @model_validator(mode="after")
    def _check_combination(self) -> "ScribeQuery":
        if self.filter_background_audio and self.include_timestamps:
            raise ValueError("filter_background_audio cannot be combined with include_timestamps")
        return self

    def as_config(self) -> dict[str, Any]:
        """The configuration that `session_started` reports."""
        shown = self.model_dump(exclude={"secondary_languages", "filter_background_audio"})
        return {**shown, "keyterms": list(self.keyterms), "sample_rate": self.sample_rate_hz}


def read_scribe_query(query: Sequence[tuple[str, str]]) -> ScribeQuery:
    """Parse the parameters of an address.

    Raises:
        InvalidScribeQuery: ElevenLabs would refuse them.
    """
    values: dict[str, Any] = dict(query)
    values |= {name: tuple(v for n, v in query if n == name) for name in _LISTS if name in values}
    try:
        return ScribeQuery.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "query"
        raise InvalidScribeQuery(f"{place}: {first['msg'].removeprefix('Value error, ')}") from None
