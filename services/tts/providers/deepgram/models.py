"""Deepgram's Aura-2 voices, and the check of an agent's section. No I/O.

Deepgram has a model for each voice: `aura-2-NAME-LANGUAGE`. Sources: Deepgram's documentation of voices and
of speed control, and the types of its SDK 7.17.
"""

from pydantic import BaseModel

from parley.agent_config import TtsConfig
from parley.errors import ConfigError

PROVIDER = "deepgram"
FAMILY = "aura-2"
DEFAULT_VOICES = {
    "en": "thalia",
    "es": "celeste",
    "de": "viktoria",
    "fr": "agathe",
    "nl": "rhea",
    "it": "livia",
    "ja": "izanami",
}
"""The voice of an agent that names none, by its language."""
_PARTS = 4
"""Parts of a full name: aura, 2, the name, the language."""
_SPEED_LANGUAGES = ("en", "es")


class DeepgramTtsOptions(BaseModel, extra="forbid"):
    """`tts.options` in the agent file."""

    mip_opt_out: bool = False
    """Whether Deepgram may not use the texts to improve its models, which has another price."""


def language_of(config: TtsConfig) -> str:
    """The language of a section without its region; empty if it has none."""
    return (config.language or "").replace("_", "-").split("-")[0].lower()


def speak_model(config: TtsConfig) -> str:
    """Return the name of the voice at Deepgram, such as `aura-2-thalia-en`.

    It is `tts.model` or `tts.voice`, if one of them is a full name; otherwise it is composed of the voice's
    name and the language.

    Raises:
        ConfigError: the section names no Aura-2 voice, or one of another language.
    """
    full = next((name for name in (config.voice, config.model) if _is_full(name)), "")
    if not full and config.model != FAMILY:
        raise ConfigError(
            f"tts.model: {config.model!r} is not one of Deepgram: write {FAMILY}, and as voice a "
            "name from https://developers.deepgram.com/docs/tts-models, for example thalia"
        )
    language = language_of(config)
    if not full:
        full = _composed(config.voice, language or "en")
    spoken = full.rsplit("-", 1)[1]
    if language and spoken != language:
        raise ConfigError(
            f"tts.voice: {full} speaks {spoken!r}, but the agent's language is {language!r}: choose one "
            "that speaks it from https://developers.deepgram.com/docs/tts-models"
        )
    return full


def speed_of(config: TtsConfig, model: str) -> float | None:
    """The speed to request; None for the voice's own, or if its language has no control of speed."""
    return config.speed if config.speed != 1.0 and model.endswith(_SPEED_LANGUAGES) else None


def check(config: TtsConfig) -> None:
    """Check the voice of a section.

    Raises:
        ConfigError: it names no Aura-2 voice, or one of another language.
    """
    speak_model(config)


def _is_full(name: str) -> bool:
    return name.startswith(f"{FAMILY}-") and len(name.split("-")) == _PARTS


def _composed(voice: str, language: str) -> str:
    if voice.startswith("aura-"):
        raise ConfigError(f"tts.voice: {voice!r} is not in {FAMILY}: write a name such as thalia")
    if not voice and language not in DEFAULT_VOICES:
        spoken = ", ".join(DEFAULT_VOICES)
        raise ConfigError(
            f"tts.provider: {FAMILY} has no voice for the language {language!r}, only for {spoken}: "
            "choose another provider"
        )
    return f"{FAMILY}-{voice or DEFAULT_VOICES[language]}-{language}"
