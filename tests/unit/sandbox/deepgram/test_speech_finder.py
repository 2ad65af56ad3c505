"""Where somebody speaks."""

from hypothesis import given
from hypothesis import strategies as st

from parley.mulaw import silence
from sandbox.caller.loudness import voiced_bounds
from sandbox.deepgram.speech_finder import SpeechFinder
from tests.unit.sandbox.deepgram.line import spoken

SPOKEN = spoken()


def test_silence_holds_no_speech() -> None:
    """However long."""
    finder = SpeechFinder()

    assert not finder.hear(silence(1000))
    assert finder.speech is None
    assert finder.silent_ms == 0


@given(st.lists(st.integers(1, 700), min_size=1, max_size=20))
def test_speech_lies_where_it_was_spoken_however_the_sound_is_cut(sizes: list[int]) -> None:
    """Chunks need not be frames."""
    sound = silence(400) + SPOKEN + silence(300)
    finder = SpeechFinder()
    at = number = 0
    while at < len(sound):
        size = sizes[number % len(sizes)]
        finder.hear(sound[at : at + size])
        at, number = at + size, number + 1

    assert finder.speech is not None
    first, end = voiced_bounds(sound)
    assert (finder.speech.voice_start_ms, finder.speech.voice_end_ms) == (first / 8, end / 8)
    assert finder.speech.start_ms == finder.speech.voice_start_ms - 200
    assert bytes(finder.speech.sound) == sound[int(finder.speech.start_ms) * 8 :]
    assert finder.silent_ms == finder.heard_ms - end / 8


def test_a_cut_stretch_goes_on_without_a_gap() -> None:
    """Every byte is in one of the two."""
    finder = SpeechFinder()
    finder.hear(SPOKEN[:8000])
    first = finder.cut()
    finder.hear(SPOKEN[8000:])
    second = finder.take()

    assert first is not None
    assert second is not None
    assert second.start_ms == 1000
    begin = int(first.start_ms) * 8
    assert bytes(first.sound + second.sound) == SPOKEN[begin:]
    assert finder.speech is None
