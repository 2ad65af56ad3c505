"""`stt.options` of Whisper, and what its section may contain. No I/O."""

from pydantic import BaseModel, ConfigDict, Field

from parley.agent_config import SttConfig
from parley.errors import ConfigError
from parley.whisper.weights import is_english_only


class WhisperOptions(BaseModel):
    """`stt.options` in the agent file."""

    model_config = ConfigDict(extra="forbid")

    sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    """SHA-256 of the model's `model.bin`; required for a model in PARLEY_WHISPER_MODELS_DIR."""
    interim: bool = True
    """Whether words are transcribed while the caller speaks, and not only at pauses."""


def check_section(config: SttConfig) -> None:
    """Check that the model understands the language.

    Raises:
        ConfigError: it does not.
    """
    model = config.model
    if is_english_only(model) and config.language.partition("-")[0].lower() != "en":
        raise ConfigError(
            f"stt.language: Whisper's {model} understands English only, not {config.language!r}: "
            "put a multilingual model into PARLEY_WHISPER_MODELS_DIR and name it in stt.model"
        )
