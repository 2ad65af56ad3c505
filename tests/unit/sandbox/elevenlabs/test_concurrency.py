"""Limit of the texts that are synthesised at once."""

from sandbox.elevenlabs.concurrency import Concurrency
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from sandbox.emulator import RuntimeSettings


def test_the_limit_is_that_of_the_settings() -> None:
    """Zero removes the limit."""
    settings = RuntimeSettings(ElevenLabsSandboxSettings(tts_max_concurrency=1))
    concurrency = Concurrency(settings)
    concurrency.begin()

    assert concurrency.is_full
    assert "maximum of 1 " in str(concurrency.rejection)
    settings.update({"tts_max_concurrency": 0})
    assert not concurrency.is_full
    settings.update({"tts_max_concurrency": 1})
    concurrency.end()
    assert not concurrency.is_full
