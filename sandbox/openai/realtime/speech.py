"""The voice of the model: synthesises an answer in its session's format."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from parley.audio.g711 import bytes_to_ms
from sandbox import espeak, tone
from sandbox.openai.realtime.audio import encode_output
from sandbox.openai.settings import RealtimeSandboxSettings
from sandbox.speech import Speech, Word


@dataclass(frozen=True, slots=True)
class Spoken:
    """An answer as audio."""

    audio: bytes
    """In the format of the response."""
    duration_ms: float
    words: tuple[Word, ...]


async def speak(
    text: str, audio_format: Mapping[str, Any], speed: float, settings: RealtimeSandboxSettings
) -> Spoken:
    """Synthesise a text."""
    speech = await asyncio.to_thread(_synthesise, text, speed, settings)
    audio = encode_output(speech.mulaw, audio_format)
    return Spoken(audio, bytes_to_ms(len(speech.mulaw)), speech.words)


def _synthesise(text: str, speed: float, settings: RealtimeSandboxSettings) -> Speech:
    if settings.tts == "tone":
        return tone.encode(text.rstrip())
    return espeak.speak(text, settings.espeak_voice, round(settings.espeak_rate_wpm * speed))
