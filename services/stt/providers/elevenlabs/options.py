"""Derives the query of a Scribe stream from an agent's `stt` section. No I/O.

Parameters and their limits: https://elevenlabs.io/docs/api-reference/speech-to-text/v-1-speech-to-text-realtime
"""

from typing import Annotated, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, Field, field_validator

from parley.agent_config import SttConfig
from parley.agent_config.language import MULTILINGUAL
from parley.errors import ConfigError
from services.stt.providers.elevenlabs.languages import scribe_language

PROVIDER = "elevenlabs"
DEFAULT_MODEL = "scribe_v2_realtime"
MODELS = (DEFAULT_MODEL, "scribe_v3_live")
MAX_KEYTERMS = 50
MAX_KEYTERM_CHARS = 20
_MIN_SILENCE_MS, _MAX_SILENCE_MS = 300, 3000
"""Range of the silence after which Scribe's voice activity detection commits."""


class ScribeOptions(BaseModel, extra="forbid"):
    """`stt.options` in the agent file."""

    commit_strategy: Literal["manual", "vad"] = "manual"
    """Whether Parley's voice activity detection ends each segment, or ElevenLabs' own."""
    vad_threshold: Annotated[float, Field(ge=0.1, le=0.9)] | None = None
    """Sensitivity of ElevenLabs' voice activity detection; only with `commit_strategy: vad`."""
    languages: tuple[str, ...] = ()
    """Further languages that the caller may speak, beside `stt.language`."""
    no_verbatim: bool = False
    """Whether filler words and false starts are left out."""
    enable_logging: bool = True
    """False for zero retention, which only enterprise accounts can request."""

    @field_validator("languages")
    @classmethod
    def _check_languages(cls, tags: tuple[str, ...]) -> tuple[str, ...]:
        for tag in tags:
            if scribe_language(tag) is None:
                raise ValueError(f"ElevenLabs does not transcribe {tag!r}; remove it")
        return tags


def options_of(config: SttConfig) -> ScribeOptions:
    """The validated options of a section."""
    return ScribeOptions.model_validate(config.options)


def commit_after_ms(config: SttConfig) -> int:
    """Silence after which a segment is committed, in ms."""
    return min(max(config.endpointing_ms, _MIN_SILENCE_MS), _MAX_SILENCE_MS)


def check(config: SttConfig) -> None:
    """Check a section of an agent file.

    Raises:
        ConfigError: ElevenLabs would refuse it; the message names the key and the remedy.
    """
    if config.model not in MODELS:
        raise ConfigError(
            f"stt.model: {config.model!r} is no live model of ElevenLabs: set it to {DEFAULT_MODEL}"
        )
    if config.language != MULTILINGUAL and scribe_language(config.language) is None:
        raise ConfigError(
            f"stt.language: ElevenLabs does not transcribe {config.language!r}: set another language, or "
            "`multi` to have it detected"
        )
    if len(config.keyterms) > MAX_KEYTERMS:
        raise ConfigError(
            f"stt.keyterms: ElevenLabs takes {MAX_KEYTERMS} terms, not {len(config.keyterms)}: remove some"
        )
    for number, term in enumerate(config.keyterms):
        if len(term) > MAX_KEYTERM_CHARS:
            raise ConfigError(
                f"stt.keyterms.{number}: ElevenLabs takes terms of {MAX_KEYTERM_CHARS} characters, "
                f"{term!r} has {len(term)}: shorten it"
            )
    options = options_of(config)
    if options.vad_threshold is not None and options.commit_strategy != "vad":
        raise ConfigError("stt.options.vad_threshold: needs `commit_strategy: vad`: add that, or remove this")


def query_of(config: SttConfig) -> str:
    """The query of the WebSocket's address."""
    options = options_of(config)
    query: list[tuple[str, str]] = [
        ("model_id", config.model),
        ("audio_format", "ulaw_8000"),
        ("commit_strategy", options.commit_strategy),
        ("include_timestamps", "true"),
    ]
    language = scribe_language(config.language) if config.language != MULTILINGUAL else None
    others = [code for tag in options.languages if (code := scribe_language(tag)) and code != language]
    if language:
        query.append(("language_code", language))
    elif others:
        query.append(("language_code", others.pop(0)))
    query += [("secondary_languages", code) for code in others]
    if config.language == MULTILINGUAL or options.languages:
        query.append(("include_language_detection", "true"))
    query += [("keyterms", term) for term in config.keyterms]
    if options.commit_strategy == "vad":
        query.append(("vad_silence_threshold_secs", f"{commit_after_ms(config) / 1000:g}"))
        if options.vad_threshold is not None:
            query.append(("vad_threshold", f"{options.vad_threshold:g}"))
    if options.no_verbatim:
        query.append(("no_verbatim", "true"))
    if not options.enable_logging:
        query.append(("enable_logging", "false"))
    return urlencode(query)
