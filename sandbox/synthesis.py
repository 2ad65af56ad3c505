"""Text to speech for the emulators of voices: espeak-ng, or tones that encode the text."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from sandbox import tone
from sandbox.caller.voice_bank import recorded_speech
from sandbox.espeak import speak
from sandbox.settings import SynthesisSettings
from sandbox.speech import Speech

TONE_VOICE = "tone"
"""The voice id that speaks in tones, whatever the settings."""
RECORDED_VOICE = "recorded"
"""The voice id that speaks in the simulated callers' recordings, as far as there are any."""

P = ParamSpec("P")
T = TypeVar("T")


def synthesise(text: str, voice_id: str, settings: SynthesisSettings) -> Speech:
    """Synthesise a text with espeak-ng or as tones, or play its recording."""
    if voice_id == RECORDED_VOICE and (recording := recorded_speech(text)) is not None:
        return recording
    if settings.tts == "tone" or voice_id == TONE_VOICE:
        return tone.encode(text.rstrip())
    return speak(text, settings.espeak_voice, settings.espeak_rate_wpm)


class SynthesisThread:
    """Synthesises in one thread, so that fifty calls starting at once do not block the event loop."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="synthesis")

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function in the thread; requests are served in order."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, partial(work, *args, **kwargs))
