"""Encodings, sample rates and channels of a query."""

from typing import Any

import pytest

from sandbox.deepgram.audio_format import (
    FLUX_ENCODINGS,
    NOVA_ENCODINGS,
    TELEPHONE_AUDIO,
    AudioFormat,
    read_audio_format,
)
from sandbox.deepgram.invalid_query import InvalidQuery


def read(encodings: tuple[str, ...] = NOVA_ENCODINGS, **values: Any) -> AudioFormat:
    return read_audio_format({name: str(value) for name, value in values.items()}, encodings)


@pytest.mark.parametrize("encoding", NOVA_ENCODINGS)
def test_every_documented_encoding_is_accepted(encoding: str) -> None:
    """AMR has one sample rate."""
    rate_hz = {"amr-nb": 8000}.get(encoding, 16_000)

    assert read(encoding=encoding, sample_rate=rate_hz).sample_rate_hz == rate_hz


def test_containers_describe_themselves() -> None:
    """Neither an encoding nor a sample rate is needed."""
    assert read() == AudioFormat("", 8000)
    assert read(encoding="ogg-opus").encoding == "ogg-opus"
    assert read(encoding="mulaw", sample_rate=8000) == TELEPHONE_AUDIO


def test_channels_are_mixed_unless_each_is_transcribed() -> None:
    """The parameter `multichannel` selects results of each channel."""
    stereo: dict[str, Any] = {"encoding": "linear16", "sample_rate": 8000, "channels": 2}

    assert read(NOVA_ENCODINGS, **stereo).transcribed_channels == 1
    assert read(NOVA_ENCODINGS, **stereo, multichannel="true").transcribed_channels == 2


@pytest.mark.parametrize(
    "values",
    [
        {"encoding": "pcm", "sample_rate": 8000},
        {"encoding": "linear16"},
        {"encoding": "linear16", "sample_rate": "fast"},
        {"encoding": "linear16", "sample_rate": 96_000},
        {"encoding": "amr-nb", "sample_rate": 16_000},
        {"encoding": "amr-wb", "sample_rate": 8000},
        {"encoding": "mulaw", "sample_rate": 8000, "channels": 0},
    ],
)
def test_invalid_parameters_are_rejected(values: dict[str, Any]) -> None:
    """Deepgram answers 400."""
    with pytest.raises(InvalidQuery):
        read(**values)


@pytest.mark.parametrize("encoding", ["flac", "speex", "g729", "amr-nb"])
def test_flux_takes_fewer_encodings(encoding: str) -> None:
    """The message names those that it takes."""
    with pytest.raises(InvalidQuery, match="ogg-opus"):
        read(FLUX_ENCODINGS, encoding=encoding, sample_rate=8000)
