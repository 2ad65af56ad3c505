"""Audio converted as it arrives equals audio converted as a whole, without clicks and hardly later."""

import random
from collections.abc import Iterator

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from parley.audio.audio_converter import AudioConverter
from parley.audio.formats import MULAW_8K, AudioFormat
from parley.audio.g711 import DECODE

RATES = (8000, 16_000, 22_050, 24_000, 44_100, 48_000)
LINEAR = np.array(DECODE)


def pcm(rate: int) -> AudioFormat:
    return AudioFormat("pcm_s16le", rate)


def tone(rate: int, hz: float, seconds: float = 1.0) -> bytes:
    wave = np.sin(2 * np.pi * hz * np.arange(int(rate * seconds)) / rate) * 8000
    return wave.astype("<i2").tobytes()


def samples(audio: bytes, audio_format: AudioFormat) -> NDArray[np.float64]:
    if audio_format.encoding == "mulaw":
        return LINEAR[np.frombuffer(audio, dtype=np.uint8)].astype(np.float64)
    return np.frombuffer(audio, dtype="<i2").astype(np.float64)


def pieces(audio: bytes, *sizes: int) -> Iterator[bytes]:
    at = number = 0
    while at < len(audio):
        size = sizes[number % len(sizes)]
        yield audio[at : at + size]
        at, number = at + size, number + 1


def converted(audio: bytes, source: AudioFormat, target: AudioFormat, *sizes: int) -> bytes:
    conversion = AudioConverter(source, target)
    output = b"".join(conversion.convert(piece) for piece in pieces(audio, *sizes))
    return output + conversion.flush()


def decibels(error: NDArray[np.float64], signal: NDArray[np.float64]) -> float:
    return float(20 * np.log10(error.std() / signal.std() + 1e-9))


@pytest.mark.parametrize("rate", RATES)
def test_chunks_leave_no_trace(rate: int) -> None:
    """Chunks of any size, with an odd number of bytes, give what one conversion of the whole gives."""
    source = pcm(rate)
    audio = tone(rate, 440)
    in_chunks = samples(converted(audio, source, pcm(16_000), 639, 1, 642, 7, 5000), pcm(16_000))
    whole = soxr.resample(samples(audio, source), rate, 16_000)
    assert len(in_chunks) == 16_000
    assert decibels(in_chunks - whole, whole) < -55
    # A click is a jump between two samples, which this tone does not have.
    inner = in_chunks[200:-200]
    assert np.abs(np.diff(inner)).max() < 8000 * 2 * np.pi * 440 / 16_000 * 1.02


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("hz", [300, 1000, 3000])
def test_telephone_speech_passes_in_both_directions(rate: int, hz: int) -> None:
    """Mu-law at 8 kHz to a provider's format and back keeps level, pitch and length."""
    speech = converted(tone(8000, hz), pcm(8000), MULAW_8K, 160)
    there = converted(speech, MULAW_8K, pcm(rate), 160)
    back = converted(there, pcm(rate), MULAW_8K, 641)
    assert len(there) == rate * 2
    assert len(back) == 8000
    before, after = samples(speech, MULAW_8K)[200:-200], samples(back, MULAW_8K)[200:-200]
    assert decibels(after - before, before) < -30


def test_audio_above_the_telephone_band_does_not_alias() -> None:
    """A tone of 6 kHz, which mu-law at 8 kHz cannot carry, becomes silence, not a tone of 2 kHz."""
    back = samples(converted(tone(24_000, 6000), pcm(24_000), MULAW_8K, 960), MULAW_8K)
    assert np.abs(back[200:-200]).max() < 50


@pytest.mark.parametrize("rate", RATES)
def test_the_delay_is_less_than_a_frame(rate: int) -> None:
    """After each frame of 20 ms, at most the last 5 ms of it are missing."""
    for source, target in ((MULAW_8K, pcm(rate)), (pcm(rate), MULAW_8K)):
        conversion = AudioConverter(source, target)
        frame = source.make_silence(20)
        for number in range(1, 100):
            conversion.convert(frame)
            assert number * 20 - conversion.returned_ms == pytest.approx(conversion.lag_ms)
            assert 0 <= conversion.lag_ms <= (5 if rate != 8000 else 0)
        conversion.flush()
        assert conversion.lag_ms == conversion.returned_ms == 0


def test_a_flush_ends_a_stream() -> None:
    """Later audio begins a new one, and an incomplete sample is dropped."""
    conversion = AudioConverter(pcm(24_000), MULAW_8K)
    first = conversion.convert(tone(24_000, 440) + b"x") + conversion.flush()
    assert len(first) == 8000
    assert conversion.convert(tone(24_000, 440)) + conversion.flush() == first
    assert conversion.flush() == b""


def test_long_audio_at_once() -> None:
    """A whole answer in one chunk, longer than a block."""
    audio = random.Random(1).randbytes(24_000 * 2 * 25)
    assert len(converted(audio, pcm(24_000), MULAW_8K, len(audio))) == 8000 * 25


def test_loud_audio_is_clipped() -> None:
    """The overshoot of a filter does not wrap around."""
    square = np.where(np.arange(24_000) // 30 % 2, 32767, -32768).astype("<i2").tobytes()
    output = samples(converted(square, pcm(24_000), pcm(16_000), 960), pcm(16_000))
    middle = output[110:] * np.where(np.arange(110, 16_000) // 20 % 2, 1, -1)
    assert np.percentile(middle, 20) > 20_000
