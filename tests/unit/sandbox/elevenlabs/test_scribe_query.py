"""Parameters are refused as ElevenLabs refuses them."""

import pytest

from sandbox.elevenlabs.scribe_query import InvalidScribeQuery, read_scribe_query

MODEL = ("model_id", "scribe_v2_realtime")


def test_the_defaults() -> None:
    """Without parameters the audio is PCM at 16 kHz, and segments end at commits."""
    query = read_scribe_query([MODEL, ("unknown", "x")])

    assert (query.sample_rate_hz, query.mulaw, query.commit_strategy) == (16_000, False, "manual")
    assert not query.sends_timestamps


def test_repeated_parameters_are_lists() -> None:
    """`session_started` reports them."""
    query = read_scribe_query([MODEL, ("audio_format", "ulaw_8000"), ("keyterms", "a"), ("keyterms", "b")])

    assert query.keyterms == ("a", "b")
    assert query.as_config()["sample_rate"] == 8000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model_id", "scribe_v1"),
        ("audio_format", "ulaw_16000"),
        ("commit_strategy", "auto"),
        ("vad_silence_threshold_secs", "0.1"),
        ("vad_threshold", "1"),
        ("language_code", "en-US"),
        ("secondary_languages", "tlh"),
        ("keyterms", "a" * 21),
        ("include_timestamps", "maybe"),
    ],
)
def test_invalid_values_are_named(name: str, value: str) -> None:
    """The message begins with the name of the parameter."""
    with pytest.raises(InvalidScribeQuery, match=name):
        read_scribe_query([MODEL, (name, value)])
