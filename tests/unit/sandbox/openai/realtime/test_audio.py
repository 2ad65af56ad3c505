"""Conversions between a session's formats and telephone audio."""

import numpy as np
import pytest

from sandbox import tone
from sandbox.openai.realtime.audio import InputDecoder, bytes_per_ms, encode_output, from_base64

SPEECH = tone.encode("a telephone call").mulaw


@pytest.mark.parametrize("kind", ["audio/pcmu", "audio/pcma", "audio/pcm"])
def test_audio_survives_each_format(kind: str) -> None:
    """Tones are still decoded after both conversions, in chunks that end within a sample."""
    encoded = encode_output(SPEECH, {"type": kind})
    decoder = InputDecoder({"type": kind})
    decoded = b"".join(decoder.decode(encoded[at : at + 333]) for at in range(0, len(encoded), 333))

    assert len(encoded) == len(SPEECH) // 8 * bytes_per_ms({"type": kind})
    assert tone.decode(decoded).startswith("a telephone cal")


def test_pcm_is_16_bit_at_24_khz() -> None:
    """Little-endian."""
    samples = np.frombuffer(encode_output(SPEECH, {"type": "audio/pcm"}), "<i2")

    assert samples.size == len(SPEECH) * 3
    assert abs(samples).max() > 5000


def test_text_that_is_not_base64() -> None:
    """It is not decoded in part."""
    assert from_base64("AAAA") == b"\0\0\0"
    assert from_base64("AA!A") is None
    assert from_base64("é") is None
