"""Derives the options of a Deepgram stream from an agent's `stt` section. No I/O."""

from typing import Any

from deepgram.environment import DeepgramClientEnvironment
from pydantic import BaseModel

from parley.agent_config import SttConfig
from parley.agent_config.language import MULTILINGUAL
from parley.audio.g711 import SAMPLE_RATE_HZ
from parley.errors import ConfigError
from services.stt.providers.deepgram.languages import deepgram_language

_EAGER_THRESHOLD = 0.5
"""Confidence at which Flux sends EagerEndOfTurn."""


_FLUX_MULTILINGUAL = "flux-general-multi"
_FLUX_LANGUAGES = ("en", "es", "fr", "de", "hi", "ru", "pt", "ja", "it", "nl")
"""Source: https://developers.deepgram.com/docs/flux/language-prompting"""


class DeepgramOptions(BaseModel, extra="forbid"):
    """`stt.options` in the agent file."""

    languages: tuple[str, ...] = ()
    """Further languages that the caller may speak; `flux-general-multi` only."""
    numerals: bool = False
    """Whether numbers are written in figures; Flux models only, the others always do."""


def check(config: SttConfig) -> None:
    """Check a section of an agent file.

    Raises:
        ConfigError: Deepgram would refuse an option; the message names the key and the remedy.
    """
    options = DeepgramOptions.model_validate(config.options)
    if options.languages and config.model != _FLUX_MULTILINGUAL:
        raise ConfigError(
            f"stt.options.languages: {config.model} does not take it: remove it, or set stt.model to "
            f"{_FLUX_MULTILINGUAL}"
        )
    if options.numerals and not is_flux(config):
        raise ConfigError(f"stt.options.numerals: {config.model} always writes figures: remove it")
    hints = _language_hints(config, options) if config.model == _FLUX_MULTILINGUAL else ()
    for tag in hints:
        if tag.partition("-")[0].lower() not in _FLUX_LANGUAGES:
            raise ConfigError(
                f"stt: {config.model} does not transcribe {tag!r} (only {', '.join(_FLUX_LANGUAGES)}): "
                "remove it from stt.language and stt.options.languages, or set stt.model to nova-3"
            )


def is_flux(config: SttConfig) -> bool:
    """Whether the model detects the end of a turn itself."""
    return config.model.startswith("flux")


def stream_options(config: SttConfig, call_sid: str) -> dict[str, Any]:
    """Return arguments for the SDK's `connect`: of `listen.v2` for a Flux model, otherwise of `listen.v1`."""
    common = {
        "model": config.model,
        "encoding": "mulaw",
        "sample_rate": SAMPLE_RATE_HZ,
        "tag": call_sid,
        **_keyterms(config),
    }
    if is_flux(config):
        return {**common, "eager_eot_threshold": _EAGER_THRESHOLD, **_flux_options(config)}
    return {
        **common,
        "language": deepgram_language(config.language),
        "channels": 1,
        "interim_results": True,
        "endpointing": config.endpointing_ms,
        "utterance_end_ms": config.utterance_end_ms,
        "vad_events": True,
        "smart_format": True,
    }


def _flux_options(config: SttConfig) -> dict[str, Any]:
    options = DeepgramOptions.model_validate(config.options)
    found: dict[str, Any] = {"numerals": True} if options.numerals else {}
    if config.model == _FLUX_MULTILINGUAL and (hints := _language_hints(config, options)):
        found["language_hint"] = list(hints)
    return found


def _language_hints(config: SttConfig, options: DeepgramOptions) -> tuple[str, ...]:
    """The agent's language and the further ones; none with `multi` alone, so that it is detected."""
    named = () if config.language == MULTILINGUAL else (config.language.replace("_", "-"),)
    return tuple(dict.fromkeys((*named, *options.languages)))


def environment_of(base_url: str) -> DeepgramClientEnvironment:
    """Return Deepgram's own addresses, or those under a base address, http(s):// or ws(s)://."""
    base = base_url.rstrip("/")
    if not base:
        return DeepgramClientEnvironment.PRODUCTION
    base = base.replace("ws", "http", 1) if base.startswith("ws") else base
    socket = base.replace("http", "ws", 1)
    return DeepgramClientEnvironment(base=base, production=socket, agent=socket, agent_rest=base)


def _keyterms(config: SttConfig) -> dict[str, Any]:
    # Nova-3 and Flux take phrases as `keyterm`, older models single words as `keywords`.
    if not config.keyterms:
        return {}
    takes_phrases = config.model.startswith("nova-3") or is_flux(config)
    return {"keyterm" if takes_phrases else "keywords": list(config.keyterms)}
