"""How an agent transcribes the caller."""

from typing import ClassVar

from pydantic import Field

from parley.agent_config.default_models import default_model_of
from parley.agent_config.language import LanguageTag
from parley.agent_config.provider_section import ProviderSection
from parley.agent_config.templates.text import TemplateText


class SttConfig(ProviderSection):
    """How the agent transcribes the caller's speech and detects the end of a turn."""

    _PER_STAGE: ClassVar[frozenset[str]] = frozenset(
        {"fallbacks", "turn_silence_ms", "incomplete_turn_silence_ms", "dictation_silence_ms"}
    )

    provider: str = Field(default="deepgram", min_length=1)
    model: str = Field(default_factory=default_model_of("stt"))
    """By default the first of the provider. Deepgram's `flux` models detect the end of a turn themselves."""
    language: LanguageTag = "en"
    """`multi` with callers of several languages. Defaults to the agent's language, if that is set."""
    keyterms: tuple[TemplateText, ...] = ()
    """Names and words to expect."""
    endpointing_ms: int = Field(default=100, ge=10, le=5000)
    """Silence after which the provider sends a final transcript."""
    utterance_end_ms: int = Field(default=1000, ge=1000, le=5000)
    """Gap between words after which the provider ends the utterance."""
    turn_silence_ms: int = Field(default=600, ge=100, le=5000)
    """Silence that ends a turn even if the provider reports nothing."""
    incomplete_turn_silence_ms: int = Field(default=1200, ge=100, le=10_000)
    """Silence allowed after an unfinished phrase; such a turn does not end earlier, whatever is reported."""
    dictation_silence_ms: int = Field(default=2500, ge=100, le=10_000)
    """Silence allowed while dictated letters, digits or an e-mail address are not complete."""
