"""The model of a section that names none: that of its provider, known without importing the provider. No I/O.

Services read agent files with providers that only another service has installed.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

_DEFAULT_MODELS: Mapping[str, Mapping[str, str]] = {
    "stt": {
        "deepgram": "nova-3",
        "openai": "gpt-live-transcribe",
        "assemblyai": "universal-3-5-pro",
        "elevenlabs": "scribe_v2_realtime",
        "whisper": "tiny.en",
    },
    "llm": {
        "openai": "gpt-6-luna",
        "anthropic": "claude-haiku-5-5",
        "gemini": "gemini-3.5-flash-lite",
    },
    "tts": {
        "elevenlabs": "eleven_flash_v2_5",
        "cartesia": "sonic-3.5",
        "deepgram": "aura-2",
        "polly": "neural",
        "hibari": "hibari",
    },
    "realtime": {"openai": "gpt-realtime-2.1"},
}
"""The first model of each built-in provider's facts."""


def default_model(kind: Literal["stt", "llm", "tts", "realtime"], provider: str) -> str:
    """Return the default model of a provider; empty for a third party's, which chooses one itself."""
    return _DEFAULT_MODELS[kind].get(provider, "")


def default_model_of(
    kind: Literal["stt", "llm", "tts", "realtime"],
) -> Callable[[dict[str, Any]], str]:
    """Return the factory of a section's field `model`, which follows the field `provider`."""

    def model(validated: dict[str, Any]) -> str:
        return default_model(kind, validated.get("provider", ""))

    return model
