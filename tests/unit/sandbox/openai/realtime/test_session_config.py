"""The configuration of a session, and the updates that it refuses."""

from datetime import date
from typing import Any

import pytest

from sandbox.openai.realtime.session_config import SessionConfig, cannot_update_voice

TODAY = date(2026, 11, 28)
NO_TURNS = {"turn_detection": None}


def session(model: str = "gpt-realtime-2.1") -> SessionConfig:
    return SessionConfig("sess_1", 3600, model)


def refused(config: SessionConfig, *, audio_present: bool = False, **changes: Any) -> tuple[Any, ...] | None:
    given = {"type": config.data["type"], **changes}
    error = next(config.update_errors(given, TODAY, audio_present=audio_present), None)
    return (error.code, error.param) if error else None


def test_the_defaults_of_both_kinds_of_session() -> None:
    """The silence that ends a turn is 200 ms unless an update names none."""
    realtime, transcription = session(), session("")

    assert realtime.data["object"] == "realtime.session"
    assert realtime.data["audio"]["output"]["voice"] == "alloy"
    assert transcription.transcribes
    assert "output" not in transcription.data["audio"]
    assert (realtime.turn_detection or {})["silence_duration_ms"] == 200
    assert (realtime.turn_detection or {})["create_response"]


def test_an_update_changes_only_the_fields_that_it_has() -> None:
    """Turn detection of another type replaces the old one, and null removes it."""
    config = session()
    config.update({"type": "realtime", "audio": {"output": {"voice": "marin"}}, "instructions": ""})
    config.update({"type": "realtime", "audio": {"input": {"turn_detection": {"type": "semantic_vad"}}}})

    assert (config.output["voice"], config.output["speed"], config.data["instructions"]) == ("marin", 1, "")
    assert (config.turn_detection or {})["eagerness"] == "auto"
    assert "threshold" not in (config.turn_detection or {})
    config.update({"type": "realtime", "audio": {"input": NO_TURNS}})
    assert config.turn_detection is None
    assert config.input["format"] == {"type": "audio/pcm", "rate": 24_000}


def test_a_model_that_streams_takes_no_turn_detection() -> None:
    """It may be left out, which removes the default."""
    vad = {"turn_detection": {"type": "server_vad"}, "transcription": {"model": "gpt-live-transcribe"}}
    config = session("")

    assert refused(config, audio={"input": vad}) == (
        "invalid_value",
        "session.audio.input.turn_detection",
    )
    config.update({"type": "transcription", "audio": {"input": {"transcription": vad["transcription"]}}})
    assert config.turn_detection is None
    assert config.transcription_model == "gpt-live-transcribe"


@pytest.mark.parametrize(
    ("transcription", "name"),
    [
        ({"model": "gpt-9"}, "model"),
        ({"model": "gpt-realtime-2.1"}, "model"),
        ({"model": "gpt-live-transcribe", "language": "en", "languages": ["de"]}, "languages"),
        ({"model": "whisper-1", "keywords": ["x"]}, "keywords"),
        ({"model": "gpt-transcribe", "delay": "low"}, "delay"),
        ({"model": "gpt-realtime-whisper", "prompt": "x"}, "prompt"),
    ],
)
def test_a_transcription_that_the_model_does_not_support(transcription: dict[str, Any], name: str) -> None:
    """The error names the field."""
    path = f"session.audio.input.transcription.{name}"

    assert refused(session(), audio={"input": {"transcription": transcription}}) == ("invalid_value", path)


def test_what_cannot_be_changed() -> None:
    """The kind of session, its model, and its voice once the model has spoken."""
    config, marin = session("gpt-realtime"), {"output": {"voice": "marin"}}
    other = next(config.update_errors({"type": "transcription"}, TODAY, audio_present=False))

    assert other.param == "session.type"
    assert refused(config, model="gpt-realtime-2") == ("invalid_value", "session.model")
    assert refused(config, reasoning={"effort": "low"}) == ("unsupported_parameter", "session.reasoning")
    assert refused(config, audio=marin) is None
    assert refused(config, audio=marin, audio_present=True) == (cannot_update_voice().code, None)
    assert refused(config, audio={"output": {"voice": "alloy"}}, audio_present=True) is None
