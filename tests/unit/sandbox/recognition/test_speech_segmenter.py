"""Speech segments are found by loudness."""

from hypothesis import given
from hypothesis import strategies as st

from parley.audio.g711 import make_silence
from sandbox.caller.loudness import audible_bounds
from sandbox.recognition.speech_segmenter import SpeechSegmenter
from tests.unit.sandbox.deepgram.fake_socket import AUDIO


def test_silence_contains_no_segment() -> None:
    """Even a long silence contains none."""
    segmenter = SpeechSegmenter()

    assert not segmenter.push(make_silence(1000))
    assert segmenter.segment is None
    assert segmenter.silence_ms == 0


@given(st.lists(st.integers(1, 700), min_size=1, max_size=20))
def test_segment_bounds_do_not_depend_on_the_chunk_sizes(sizes: list[int]) -> None:
    """Chunks need not be whole frames."""
    audio = make_silence(400) + AUDIO + make_silence(300)
    segmenter = SpeechSegmenter()
    at = number = 0
    while at < len(audio):
        size = sizes[number % len(sizes)]
        segmenter.push(audio[at : at + size])
        at, number = at + size, number + 1

    assert segmenter.segment is not None
    first, end = audible_bounds(audio)
    assert (segmenter.segment.speech_start_ms, segmenter.segment.speech_end_ms) == (first / 8, end / 8)
    assert segmenter.segment.start_ms == segmenter.segment.speech_start_ms - 200
    assert bytes(segmenter.segment.audio) == audio[int(segmenter.segment.start_ms) * 8 :]
    assert segmenter.silence_ms == segmenter.audio_ms - end / 8


def test_a_split_segment_continues_without_a_gap() -> None:
    """Every byte is in one of the two segments."""
    segmenter = SpeechSegmenter()
    segmenter.push(AUDIO[:8000])
    first = segmenter.split()
    segmenter.push(AUDIO[8000:])
    second = segmenter.take()

    assert first is not None
    assert second is not None
    assert second.start_ms == 1000
    begin = int(first.start_ms) * 8
    assert bytes(first.audio + second.audio) == AUDIO[begin:]
    assert segmenter.segment is None
