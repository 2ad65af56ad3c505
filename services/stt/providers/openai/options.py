"""The configuration of a transcription session, from an agent's `stt` section. No I/O.

The interface is that of https://developers.openai.com/api/docs/guides/realtime-transcription.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from parley.agent_config import SttConfig
from parley.errors import ConfigError
from parley.language_codes import common_code

DEFAULT_MODEL = "gpt-live-transcribe"
LAG_MS: Mapping[str, int] = {"minimal": 500, "low": 800, "medium": 1200, "high": 1800, "xhigh": 2500}
"""Time from the end of a word to its delta, by `delay`; measured by users of the API."""
_STREAMING = ("gpt-live-transcribe", "gpt-realtime-whisper")
"""Models that send text while the caller speaks; others transcribe an item when it is committed."""
_KEYWORDS = ("gpt-live-transcribe", "gpt-transcribe")
_SPEAKING = ("gpt-realtime-2", "gpt-realtime-mini", "gpt-realtime-1", "gpt-audio")

Delay = Literal["minimal", "low", "medium", "high", "xhigh"]


class OpenAISttOptions(BaseModel):
    """`stt.options` in the agent file."""

    model_config = ConfigDict(extra="forbid")

    delay: Delay = "low"
    """Accuracy of interim transcripts against their delay. Final transcripts are as early with each."""
    noise_reduction: Literal["near_field", "far_field"] | None = None
    """Filter for the caller's audio, before it is transcribed."""
    prompt: str = Field(default="", max_length=2000)
    """Description of what the callers talk about."""


def options_of(config: SttConfig) -> OpenAISttOptions:
    """The options of a section, which were checked."""
    return OpenAISttOptions.model_validate(config.options)


def check_section(config: SttConfig) -> None:
    """Check the model of a section.

    Raises:
        ConfigError: it does not transcribe.
    """
    model = config.model
    if model.startswith(_SPEAKING) or ("transcribe" not in model and "whisper" not in model):
        raise ConfigError(f"stt.model: OpenAI's {model!r} does not transcribe: use {DEFAULT_MODEL!r}")


def session_update(config: SttConfig) -> dict[str, Any]:
    """The message that configures a session; turn detection is off, because the models have none."""
    options = options_of(config)
    noise_reduction = {"type": options.noise_reduction} if options.noise_reduction else None
    audio = {
        "format": {"type": "audio/pcmu"},
        "noise_reduction": noise_reduction,
        "transcription": _transcription(config, options),
        "turn_detection": None,
    }
    return {
        "type": "session.update",
        "event_id": "setup",
        "session": {"type": "transcription", "audio": {"input": audio}},
    }


def _transcription(config: SttConfig, options: OpenAISttOptions) -> dict[str, Any]:
    model = config.model
    found: dict[str, Any] = {"model": model}
    if model.startswith(_STREAMING):
        found["delay"] = options.delay
    language = _language(config.language)
    takes_lists = model.startswith(_KEYWORDS)
    if language:
        found |= {"languages": [language]} if takes_lists else {"language": language}
    if config.keyterms and takes_lists:
        found["keywords"] = list(config.keyterms)
    if options.prompt and model != "gpt-realtime-whisper":
        found["prompt"] = options.prompt
    return found


def _language(tag: str) -> str:
    """The language without its region or script (ISO 639-1); empty for several languages."""
    return "" if tag == "multi" else common_code(tag)
