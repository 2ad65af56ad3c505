"""The voice of the model."""

from sandbox import tone
from sandbox.openai.realtime.speech import speak
from sandbox.openai.settings import RealtimeSandboxSettings


async def test_an_answer_is_synthesised_in_the_format_of_the_response() -> None:
    """As tones, or with espeak-ng; a higher speed is shorter."""
    tones = await speak("hi you", {"type": "audio/pcmu"}, 1, RealtimeSandboxSettings(tts="tone"))
    settings = RealtimeSandboxSettings(tts="espeak")
    slow, fast = [await speak("hello there", {"type": "audio/pcm"}, speed, settings) for speed in (1, 1.5)]

    assert tone.decode(tones.audio) == "hi you"
    assert (tones.duration_ms, [word.text for word in tones.words]) == (240, ["hi", "you"])
    assert len(slow.audio) == round(slow.duration_ms * 48)
    assert fast.duration_ms < slow.duration_ms
