"""The caller's audio in the format of a provider."""

import pytest

from parley.audio.audio_converter import AudioConverter
from parley.audio.formats import MULAW_8K, AudioFormat
from services.stt.converted_audio import ConvertedAudio

PCM_24K = AudioFormat("pcm_s16le", 24_000)
FRAME = MULAW_8K.make_silence(20)


def new() -> ConvertedAudio:
    return ConvertedAudio(AudioConverter(MULAW_8K, PCM_24K))


def duration_ms(pieces: list[tuple[bytes, int]]) -> float:
    return sum(PCM_24K.bytes_to_ms(len(piece)) for piece, _ in pieces)


def test_pieces_keep_their_call_time() -> None:
    """Each piece begins where the one before ends, although the conversion is a few milliseconds late."""
    audio = new()
    pieces = [piece for number in range(50) for piece in audio.add(FRAME, 7000 + number * 20)]
    pieces += audio.flush()
    at_ms = 7000.0
    for piece, piece_ms in pieces:
        assert piece_ms == pytest.approx(at_ms, abs=0.5)
        at_ms += PCM_24K.bytes_to_ms(len(piece))
    assert at_ms == 8000
    assert audio.flush() == []


@pytest.mark.parametrize("next_ms", [10_000, 500])
def test_audio_before_a_gap_is_complete(next_ms: int) -> None:
    """It does not wait for what follows, and what follows has its own time, whether later or repeated."""
    audio = new()
    before = audio.add(FRAME, 1000)
    assert duration_ms(before) == 16
    pieces = audio.add(FRAME, next_ms)
    assert [piece_ms for _, piece_ms in pieces] == [1016, next_ms]
    assert duration_ms(before + pieces[:1]) == 20


def test_rounded_times_are_not_gaps() -> None:
    """Call times are whole milliseconds, which frames need not be."""
    audio = new()
    at_ms = 0.0
    for _ in range(100):
        assert len(audio.add(FRAME[:83], int(at_ms))) == 1
        at_ms += 83 / 8
