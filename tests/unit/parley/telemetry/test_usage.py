"""Counters of what providers charge for."""

from parley.settings import CommonSettings
from parley.telemetry.setup import create_telemetry


def test_a_service_exports_the_counters_of_its_own_providers() -> None:
    """The others are counted in no registry."""
    exported = {
        service: {family.name for family in create_telemetry(service, CommonSettings()).registry.collect()}
        for service in ("stt", "brain", "tts", "recorder", "tts-shadow")
    }

    assert "parley_llm_tokens" in exported["brain"]
    assert "parley_llm_tokens" not in exported["tts"] | exported["stt"] | exported["recorder"]
    assert "parley_tts_characters" in exported["tts"]
    assert "parley_stt_audio_seconds" in exported["stt"]
    assert exported["tts-shadow"] == exported["tts"]
