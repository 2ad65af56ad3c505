"""Audio is refused as AssemblyAI refuses it."""

import pytest

from sandbox.assemblyai.audio_limits import AudioLimits
from sandbox.assemblyai.failure import SessionFailure
from sandbox.assemblyai.settings import AssemblyAiSandboxSettings

SETTINGS = AssemblyAiSandboxSettings(assemblyai_max_speed=1, assemblyai_burst_s=1)


def test_audio_in_real_time_is_accepted() -> None:
    """Durations at the limits are, too."""
    limits = AudioLimits()
    for second in range(20):
        limits.check(1000, second, SETTINGS)
    limits.check(50, 20, SETTINGS)

    assert limits.received_ms == 20_050


@pytest.mark.parametrize("duration_ms", [49.9, 1000.1, 0])
def test_durations_outside_the_limits(duration_ms: float) -> None:
    """The message states the duration."""
    with pytest.raises(SessionFailure, match="Input duration violation"):
        AudioLimits().check(duration_ms, 0, SETTINGS)


def test_audio_that_is_too_early() -> None:
    """The message states how much was received in which time."""
    limits = AudioLimits()
    limits.check(1000, 0, SETTINGS)
    with pytest.raises(SessionFailure, match=r"Received 1\.5 sec\. audio in 0\.2 sec"):
        limits.check(500, 0.2, SETTINGS)
