"""Cartesia's models and languages, and the check of an agent's section. No I/O.

Sources: Cartesia's documentation of its models and of the changes on 1 June 2026; the types of its SDK 4.2.
"""

import re
from datetime import UTC, datetime

from pydantic import BaseModel, Field

from parley.agent_config import TtsConfig
from parley.errors import ConfigError
from parley.providers.end_dates import model_end
from parley.providers.tts import TextSupport

PROVIDER = "cartesia"
DEFAULT_MODEL = "sonic-3.5"
LANGUAGES = (
    *("en", "fr", "de", "es", "pt", "zh", "ja", "hi", "it", "ko", "nl", "pl", "ru", "sv", "tr", "tl", "bg"),
    *("ro", "ar", "cs", "el", "fi", "hr", "ms", "sk", "da", "ta", "uk", "hu", "no", "vi", "bn", "th", "he"),
    *("ka", "id", "te", "gu", "kn", "ml", "mr", "pa", "or", "ur"),
)
"""Languages of sonic-3.5 and later."""
LANGUAGES_OF_SONIC_3 = tuple(language for language in LANGUAGES if language not in ("or", "ur"))
_EARLIER = re.compile(r"sonic(-english|-multilingual|-turbo|-preview|-[12])?(-\d{4}-\d{2}-\d{2})?$")
"""Models before sonic-3: most have ended, and none takes the requests of this provider."""
_READS_NUMBERS = re.compile(r"sonic-(latest|3-latest|3\.[5-9]|[4-9])")
"""From sonic-3.5 on, numbers, codes and dates are read well in every language."""


class CartesiaOptions(BaseModel, extra="forbid"):
    """`tts.options` in the agent file."""

    ssml: bool = False
    """Whether the text may contain tags such as `<break time="1s"/>`; otherwise they are removed."""
    emotion: str = Field(default="", max_length=40)
    """Emotion of the speech, such as `calm`; empty for none."""
    volume: float = Field(default=1.0, ge=0.5, le=2.0)
    """Volume as a multiple of the voice's own."""
    pronunciation_dict_id: str = Field(default="", max_length=100)
    """Id of a pronunciation dictionary of the account; empty for none."""


def check(config: TtsConfig) -> None:
    """Check the model of a section.

    Raises:
        ConfigError: it is not a Cartesia model, or one that has ended.
    """
    model = config.model
    if _EARLIER.fullmatch(model):
        end = model_end(PROVIDER, model)
        ended = f"{end.describe(datetime.now(UTC).date())}; " if end else ""
        raise ConfigError(
            f"tts.model: {model!r} is not supported: {ended}write {DEFAULT_MODEL} or a later model"
        )
    if model.startswith(("eleven_", "aura-")):
        raise ConfigError(
            f"tts.model: {model!r} is not a model of Cartesia: write a model, for example {DEFAULT_MODEL}"
        )


def text_support(config: TtsConfig) -> TextSupport:
    """Return what the model of a section reads by itself."""
    return TextSupport(
        numbers=bool(_READS_NUMBERS.match(config.model)), ssml=bool(config.options.get("ssml", False))
    )
