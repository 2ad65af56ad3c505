"""Two channels as a WAV file that other programs can read."""

import io
import wave

from hypothesis import given
from hypothesis import strategies as st

from parley.audio.g711 import DECODE
from services.recorder import wav


@given(st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255)), max_size=50))
def test_the_standard_library_reads_both_channels(samples: list[tuple[int, int]]) -> None:
    """The left channel is the caller, the right one the agent, with 16 bits at 8 kHz."""
    caller, agent = bytes(left for left, _ in samples), bytes(right for _, right in samples)

    data = wav.header(len(samples)) + wav.pcm(wav.interleaved(caller, agent))

    with wave.open(io.BytesIO(data)) as read:
        assert (read.getnchannels(), read.getsampwidth(), read.getframerate()) == (2, 2, 8000)
        frames = memoryview(read.readframes(len(samples))).cast("h").tolist()
    assert frames == [DECODE[code] for pair in samples for code in pair]
    assert wav.samples_of_file(len(data)) == len(samples)


def test_silence_is_zero() -> None:
    """A segment of silence decodes to zeros in both channels."""
    assert wav.pcm(wav.silence(3)) == bytes(12)
