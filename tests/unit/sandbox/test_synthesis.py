"""Text to speech of the emulated voices."""

import threading

from sandbox import tone
from sandbox.settings import SynthesisSettings
from sandbox.synthesis import SynthesisThread, synthesise


def test_tones_are_chosen_by_the_settings_or_by_the_voice() -> None:
    """Everything else is speech."""
    speech, tones = SynthesisSettings(tts="espeak"), SynthesisSettings(tts="tone")

    assert tone.decode(synthesise("Hello. ", "tone", speech).mulaw) == "Hello."
    assert tone.decode(synthesise("Hello. ", "any", tones).mulaw) == "Hello."
    assert tone.decode(synthesise("Hello. ", "any", speech).mulaw) != "Hello."


async def test_work_is_done_beside_the_event_loop() -> None:
    """In one thread with a name of its own."""
    thread = SynthesisThread()

    names = {await thread.run(lambda: threading.current_thread().name) for _ in range(3)}

    assert len(names) == 1
    assert names.pop().startswith("synthesis")
