"""Every output format can be decoded and has the duration of the speech."""

import pytest

from sandbox import tone
from sandbox.elevenlabs.encoder import encode
from sandbox.elevenlabs.output_format import FILE_FORMATS, OutputFormat
from sandbox.pcm import resample, to_mulaw
from tests.decoded_audio import decoded, duration_s

MULAW = tone.encode("A sentence of some length.").mulaw
BOUNDS = [*range(0, len(MULAW), 1480), len(MULAW)]
_MP3_FRAME_S = 1152 / 22_050


@pytest.mark.parametrize("output_format", FILE_FORMATS.values(), ids=str)
def test_the_duration_is_that_of_the_speech(output_format: OutputFormat) -> None:
    """Only MP3 adds up to two frames, because its encoder starts with a delay."""
    audio = b"".join(encode(MULAW, BOUNDS, output_format))

    extra_s = duration_s(audio, output_format) - len(MULAW) / 8000
    assert -0.001 < extra_s < (2 * _MP3_FRAME_S if output_format.codec == "mp3" else 0.021)


@pytest.mark.parametrize("name", ["ulaw_8000", "pcm_24000", "mp3_44100_128", "opus_48000_32"])
def test_there_is_a_piece_for_each_part(name: str) -> None:
    """Each carries audio, so that a client can play it when it arrives."""
    pieces = encode(MULAW, BOUNDS, FILE_FORMATS[name])

    assert len(pieces) == len(BOUNDS) - 1
    assert all(pieces)


def test_nothing_is_made_of_silence() -> None:
    """A text without letters has no audio and no pieces."""
    assert encode(b"", [0], FILE_FORMATS["mp3_44100_128"]) == []


@pytest.mark.parametrize("output_format", FILE_FORMATS.values(), ids=str)
def test_the_words_can_be_decoded(output_format: OutputFormat) -> None:
    """The text can be read from the tones after any conversion."""
    samples, rate_hz = decoded(b"".join(encode(MULAW, BOUNDS, output_format)), output_format)

    assert tone.decode(to_mulaw(resample(samples, rate_hz, 8000))) == "A sentence of some length."
