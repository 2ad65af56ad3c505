"""A reply's audio in the format of calls."""

import numpy as np
import pytest

from parley.audio.audio_converter import AudioConverter
from parley.audio.formats import MULAW_8K, AudioFormat
from parley.audio.g711 import DECODE
from parley.providers.tts import AudioChunk, CharTiming
from services.tts.converted_audio import ConvertedAudio

PCM_24K = AudioFormat("pcm_s16le", 24_000)


def beeps() -> bytes:
    """A short tone at each tenth of a second."""
    at = np.arange(24_000)
    return (np.sin(at) * 9000 * (at % 2400 < 120)).astype("<i2").tobytes()


@pytest.mark.parametrize("size", [47, 960, 4801, 48_000])
def test_timings_stay_at_their_audio(size: int) -> None:
    """A character is audible at its time, whatever the chunks."""
    converted = ConvertedAudio(AudioConverter(PCM_24K, MULAW_8K))
    audio = beeps()
    output, times, timed = b"", [], 0
    for at in range(0, len(audio), size):
        piece = audio[at : at + size]
        begin_ms, end_ms = at / 48, (at + len(piece)) / 48
        timings = []
        while timed * 100 < end_ms:
            start_ms = timed * 100 - begin_ms
            timings.append(CharTiming("a", start_ms, start_ms + 5))
            timed += 1
        chunk = converted.add(AudioChunk(piece, tuple(timings), ends_clause=at == 0))
        assert chunk.ends_clause == (at == 0)
        times += [len(output) / 8 + timing.start_ms for timing in chunk.char_timings]
        output += chunk.audio
    output += converted.flush()
    assert len(output) == 8000
    assert times == pytest.approx([number * 100 for number in range(10)], abs=0.1)
    loud = np.abs(np.array(DECODE)[np.frombuffer(output, dtype=np.uint8)]) > 2000
    for time_ms in times:
        begin = round(time_ms * 8)
        assert loud[begin : begin + 40].any()
        assert not loud[begin + 60 : begin + 760].any()
