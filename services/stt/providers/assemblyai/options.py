"""Derives the query of a stream from an agent's `stt` section. No I/O.

Parameters: https://www.assemblyai.com/docs/api-reference/streaming-api/universal-streaming
"""

import json
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, Field

from parley.agent_config import SttConfig
from parley.agent_config.language import MULTILINGUAL
from parley.audio.g711 import SAMPLE_RATE_HZ
from parley.errors import ConfigError
from services.stt.providers.assemblyai.models import DEFAULT_MODEL, MODELS, ModelKind, base_language

PROVIDER = "assemblyai"
MAX_KEYTERMS = 100
MAX_KEYTERM_CHARS = 50
MAX_LANGUAGES = 10
INACTIVITY_TIMEOUT_S = 60
"""AssemblyAI ends, and no longer bills, a session without audio or KeepAlive for this long; without the
parameter, a session would be billed for up to three hours after its client is lost."""

Milliseconds = Annotated[int, Field(ge=0, le=10_000)]
Share = Annotated[float, Field(ge=0, le=1)]


class AssemblyAiOptions(BaseModel, extra="forbid"):
    """`stt.options` in the agent file; unset values are AssemblyAI's own defaults."""

    end_of_turn_confidence_threshold: Share | None = None
    """Confidence that ends a turn; models `universal-streaming-…` only."""
    min_turn_silence: Milliseconds | None = None
    """Silence in ms that ends a turn which is probably complete."""
    max_turn_silence: Milliseconds | None = None
    """Silence in ms that ends any turn."""
    vad_threshold: Share | None = None
    """Confidence above which audio is taken for speech."""
    format_turns: bool = False
    """Whether a turn waits for capitals, punctuation and figures; models `universal-streaming-…` only."""
    languages: tuple[str, ...] = ()
    """Further languages that the caller may speak; models `universal-3-…` only."""
    mode: Literal["min_latency", "balanced", "max_accuracy"] | None = None
    """Models `universal-3-…` only."""


def options_of(config: SttConfig) -> AssemblyAiOptions:
    """The validated options of a section."""
    return AssemblyAiOptions.model_validate(config.options)


def check(config: SttConfig) -> None:
    """Check a section of an agent file.

    Raises:
        ConfigError: AssemblyAI would refuse or ignore a part of it; the message names the key and the remedy.
    """
    kind = MODELS.get(config.model)
    if kind is None:
        raise ConfigError(
            f"stt.model: {config.model!r} is no live model of AssemblyAI: set it to {DEFAULT_MODEL}, or to "
            f"another of {', '.join(MODELS)}"
        )
    _check_languages(config, kind)
    _check_keyterms(config, kind)
    _check_options(config, kind)


def _check_languages(config: SttConfig, kind: ModelKind) -> None:
    if config.language == MULTILINGUAL:
        if len(kind.languages) == 1:
            raise ConfigError(
                f"stt.model: {config.model} transcribes English only: with `language: multi` set "
                "universal-streaming-multilingual or universal-3-5-pro"
            )
    elif base_language(config.language) not in kind.languages:
        raise ConfigError(
            f"stt.language: {config.model} does not transcribe {config.language!r} "
            f"(only {', '.join(kind.languages[:20])}): set another language or stt.model, such as whisper-rt"
        )


def _check_keyterms(config: SttConfig, kind: ModelKind) -> None:
    if config.keyterms and not kind.keyterms:
        raise ConfigError(f"stt.keyterms: {config.model} takes none: remove them, or set another stt.model")
    if len(config.keyterms) > MAX_KEYTERMS:
        raise ConfigError(
            f"stt.keyterms: AssemblyAI takes {MAX_KEYTERMS} terms, not {len(config.keyterms)}: remove some"
        )
    for number, term in enumerate(config.keyterms):
        if len(term) > MAX_KEYTERM_CHARS:
            raise ConfigError(
                f"stt.keyterms.{number}: AssemblyAI takes terms of {MAX_KEYTERM_CHARS} characters, "
                f"{term!r} has {len(term)}: shorten it"
            )


def _check_options(config: SttConfig, kind: ModelKind) -> None:
    options = options_of(config)
    set_names = options.model_fields_set
    only_universal_3 = [name for name in ("languages", "mode") if name in set_names]
    if only_universal_3 and not kind.universal_3:
        raise ConfigError(
            f"stt.options.{only_universal_3[0]}: {config.model} does not take it: remove it, or set "
            f"stt.model to {DEFAULT_MODEL}"
        )
    names = ("end_of_turn_confidence_threshold", "format_turns")
    only_streaming = [name for name in names if name in set_names]
    if only_streaming and not kind.confidence_threshold:
        raise ConfigError(
            f"stt.options.{only_streaming[0]}: {config.model} does not take it: remove it, or set "
            "stt.model to universal-streaming-english or universal-streaming-multilingual"
        )
    for tag in options.languages:
        if base_language(tag) not in kind.languages:
            raise ConfigError(f"stt.options.languages: {config.model} does not transcribe {tag!r}: remove it")
    if len(options.languages) >= MAX_LANGUAGES:
        raise ConfigError(f"stt.options.languages: {MAX_LANGUAGES - 1} at most: remove some")
    low, high = options.min_turn_silence, options.max_turn_silence
    if low is not None and high is not None and low > high:
        raise ConfigError(f"stt.options.min_turn_silence: {low} is above max_turn_silence ({high}): lower it")


def changeable(config: SttConfig) -> dict[str, Any]:
    """The parameters that can also be changed during a session (`UpdateConfiguration`)."""
    kind, options = MODELS[config.model], options_of(config)
    names = ("end_of_turn_confidence_threshold", "min_turn_silence", "max_turn_silence", "vad_threshold")
    found: dict[str, Any] = {name: value for name in names if (value := getattr(options, name)) is not None}
    if kind.keyterms:
        found["keyterms_prompt"] = list(config.keyterms)
    if kind.universal_3:
        found["language_codes"] = _language_codes(config, options)
    return found


def query_of(config: SttConfig) -> str:
    """The query of the WebSocket's address."""
    kind, options = MODELS[config.model], options_of(config)
    changing = {
        name: json.dumps(value) if isinstance(value, list) else value
        for name, value in changeable(config).items()
        if value != []
    }
    query: dict[str, Any] = {
        "sample_rate": SAMPLE_RATE_HZ,
        "encoding": "pcm_mulaw",
        "speech_model": config.model,
        "inactivity_timeout": INACTIVITY_TIMEOUT_S,
        **changing,
    }
    if kind.confidence_threshold:
        query["format_turns"] = str(options.format_turns).lower()
    if kind.detects_language:
        query["language_detection"] = "true"
    if options.mode:
        query["mode"] = options.mode
    return urlencode(query)


def _language_codes(config: SttConfig, options: AssemblyAiOptions) -> list[str]:
    named = () if config.language == MULTILINGUAL else (config.language,)
    return list(dict.fromkeys(base_language(tag) for tag in (*named, *options.languages)))
