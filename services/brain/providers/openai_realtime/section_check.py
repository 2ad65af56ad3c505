"""Checks the section `realtime` of an agent file against what OpenAI's models take. No I/O."""

from parley.agent_config import RealtimeConfig
from parley.errors import ConfigError

_WITHOUT_REASONING = ("gpt-realtime-1.5", "gpt-realtime-mini", "gpt-realtime-20", "gpt-audio")
"""The earlier models; `gpt-realtime-20…` is a dated snapshot of `gpt-realtime`."""
_WITHOUT_KEYTERMS = "gpt-realtime-whisper"


def check_section(config: RealtimeConfig) -> None:
    """Check what the API refuses, or what would have no effect.

    Raises:
        ConfigError: a model is of the wrong kind, or does not take another key of the section.
    """
    model, transcriber = config.model, config.transcription_model
    if _transcribes(model):
        raise ConfigError(f"realtime.model: {model!r} only transcribes; use a model such as gpt-realtime-2.1")
    if "realtime" in transcriber and not _transcribes(transcriber):
        raise ConfigError(
            f"realtime.transcription_model: {transcriber!r} does not transcribe; use gpt-live-transcribe"
        )
    if config.keyterms and transcriber.startswith(_WITHOUT_KEYTERMS):
        raise ConfigError(
            f"realtime.keyterms: {transcriber} takes none; remove them, or set realtime.transcription_model"
            " to gpt-live-transcribe"
        )
    reasons = model != "gpt-realtime" and not model.startswith(_WITHOUT_REASONING)
    if config.reasoning_effort is not None and not reasons:
        raise ConfigError(
            f"realtime.reasoning_effort: {model} does not reason; remove it, or set it to null in the"
            " fallback"
        )


def _transcribes(model: str) -> bool:
    return "transcribe" in model or "whisper" in model
