"""Synthesis in a thread beside the event loop."""

import asyncio
import time

from sandbox.elevenlabs.output_format import STREAMING_FORMATS
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from sandbox.elevenlabs.synthesis import Job, Synthesiser

ULAW = STREAMING_FORMATS["ulaw_8000"]
VOICE = "21m00Tcm4TlvDq8ikWAM"
SENTENCE = "This is a sentence that is long enough for several pieces of audio."


async def test_synthesis_does_not_block_the_event_loop() -> None:
    """The loop is never blocked for half of the time that all texts take."""
    synthesiser, settings = Synthesiser(), ElevenLabsSandboxSettings()
    max_lag_s = 0.0

    async def watch() -> None:
        nonlocal max_lag_s
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.001)
            max_lag_s = max(max_lag_s, time.monotonic() - began)

    # Every text differs, because synthesised texts are cached.
    texts = [f"{SENTENCE} {SENTENCE} This is number {number} of the texts." for number in range(40)]
    watching = asyncio.create_task(watch())
    began = time.monotonic()
    await asyncio.gather(*(synthesiser.synthesise(Job(text, VOICE, ULAW), settings) for text in texts))
    took_s = time.monotonic() - began
    watching.cancel()

    assert max_lag_s < took_s / 2


async def test_a_break_is_a_pause_only_as_ssml() -> None:
    """The alignment has the text without the tag."""
    text = 'One. <break time="0.5s"/>Two.'
    settings = ElevenLabsSandboxSettings(tts="tone")
    spoken, paused = [
        await Synthesiser().synthesise(Job(text, VOICE, ULAW, ssml=ssml), settings) for ssml in (False, True)
    ]

    assert "".join(c.text for chunk in spoken for c in chunk.characters) == text
    assert "".join(c.text for chunk in paused for c in chunk.characters) == "One. Two."
    silence = b"\xff" * 4000
    assert silence in b"".join(chunk.audio for chunk in paused)
    assert silence not in b"".join(chunk.audio for chunk in spoken)
