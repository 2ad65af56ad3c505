"""Parameters are refused as AssemblyAI refuses them."""

import pytest

from sandbox.assemblyai.failure import SessionFailure
from sandbox.assemblyai.query import read_query

MODEL = ("speech_model", "universal-streaming-english")
RATE = ("sample_rate", "8000")


def test_the_defaults() -> None:
    """Unknown parameters are ignored."""
    query = read_query([MODEL, RATE, ("unknown", "x")])

    assert (query.encoding, query.silence_ms, query.formats_turns) == ("pcm_s16le", 400, False)
    assert read_query([("speech_model", "u3-rt-pro"), RATE]).silence_ms == 100


def test_parameters_can_be_changed() -> None:
    """Only some of them, and within their ranges."""
    query = read_query([MODEL, RATE])

    assert query.updated({"min_turn_silence": 700, "sample_rate": 5}).silence_ms == 700
    with pytest.raises(SessionFailure, match="vad_threshold"):
        query.updated({"vad_threshold": 2})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("speech_model", "best"),
        ("sample_rate", "0"),
        ("encoding", "mulaw"),
        ("inactivity_timeout", "4"),
        ("keyterms_prompt", "a"),
        ("keyterms_prompt", '["' + "a" * 51 + '"]'),
        ("end_of_turn_confidence_threshold", "1.5"),
        ("mode", "balanced"),
        ("language_codes", '["es"]'),
    ],
)
def test_invalid_values_are_named(name: str, value: str) -> None:
    """The code is that of invalid input."""
    with pytest.raises(SessionFailure, match=name) as failure:
        read_query([MODEL, RATE, (name, value)])
    assert failure.value.code == 3006
