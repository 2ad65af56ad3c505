"""How an agent speaks."""

from typing import ClassVar, Literal

from pydantic import Field

from parley.agent_config.default_models import default_model_of
from parley.agent_config.language import LanguageTag
from parley.agent_config.provider_section import ProviderSection
from parley.agent_config.section import AutoSwitch


class TtsConfig(ProviderSection):
    """How the agent speaks."""

    _PER_STAGE: ClassVar[frozenset[str]] = frozenset({"fallbacks", "first_chunk"})

    provider: str = Field(default="elevenlabs", min_length=1)
    voice: str = ""
    """The provider's voice id; if empty, the provider chooses one of the account."""
    model: str = Field(default_factory=default_model_of("tts"))
    """By default the first of the provider."""
    language: LanguageTag | None = None
    """Defaults to the agent's language, if that is set; None to let the provider detect it."""
    stability: float = Field(default=0.5, ge=0, le=1)
    similarity: float = Field(default=0.8, ge=0, le=1)
    speed: float = Field(default=1.0, ge=0.7, le=1.2)
    first_chunk: Literal["phrase", "sentence"] = "phrase"
    """The first text to synthesize: a phrase, or all text up to the first comma or full stop."""
    text_normalization: AutoSwitch = "auto"
    """Whether numbers, dates, times and amounts are written in words before synthesis; `auto` does so for
    models that cannot read them. Markup and emoji are removed in any case."""
