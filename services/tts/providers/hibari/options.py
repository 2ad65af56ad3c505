"""`tts.options` of Hibari, and what its section may contain. No I/O."""

from pydantic import BaseModel, ConfigDict, Field

from parley.agent_config import TtsConfig
from parley.errors import ConfigError

DEFAULT_VOICE = "heart"
_BRITISH = ("emma", "fable")


class HibariOptions(BaseModel):
    """`tts.options` in the agent file."""

    model_config = ConfigDict(extra="forbid")

    sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    """SHA-256 of the voice's file; required unless Hibari lists it."""
    british: bool | None = None
    """Whether words are pronounced as in British English; by default, as its speaker does."""


def voice_of(config: TtsConfig) -> str:
    """The voice of a section: that of the package, unless it names one."""
    return config.voice or DEFAULT_VOICE


def is_british(config: TtsConfig) -> bool:
    """Whether the section's words are pronounced as in British English."""
    given = HibariOptions.model_validate(config.options).british
    return voice_of(config) in _BRITISH if given is None else given


def check_section(config: TtsConfig) -> None:
    """Check that the voice speaks the language.

    Raises:
        ConfigError: it does not, or its name is not one of a file.
    """
    language = config.language or "en"
    if language.partition("-")[0].lower() != "en":
        raise ConfigError(f"tts.language: Hibari speaks English only, not {language!r}")
    if not voice_of(config).replace("_", "").replace("-", "").isalnum():
        raise ConfigError(f"tts.voice: {config.voice!r} is not one of Hibari's voices")
