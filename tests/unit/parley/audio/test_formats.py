"""The formats of audio."""

import pytest

from parley.audio.formats import MULAW_8K, AudioFormat, Encoding

PCM_24K = AudioFormat("pcm_s16le", 24_000)


def test_bytes_and_time() -> None:
    """Durations count whole samples."""
    assert MULAW_8K.bytes_to_ms(160) == 20
    assert PCM_24K.bytes_to_ms(960) == 20
    assert PCM_24K.ms_to_bytes(20.03) == 960
    assert PCM_24K.make_silence(1) == bytes(48)
    assert MULAW_8K.make_silence(1) == b"\xff" * 8
    assert [str(MULAW_8K), str(AudioFormat("pcm_s16le", 22_050))] == ["mu-law 8 kHz", "PCM 22.05 kHz"]


@pytest.mark.parametrize(("encoding", "rate"), [("opus", 8000), ("mulaw", 0), ("pcm_s16le", 96_000)])
def test_other_formats_are_refused(encoding: Encoding, rate: int) -> None:
    """With a message that names what is wrong."""
    with pytest.raises(ValueError, match="must be"):
        AudioFormat(encoding, rate)
