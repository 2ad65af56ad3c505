"""Audio of other formats becomes telephone audio of the same duration."""

import numpy as np
import pytest

from sandbox.pcm import from_mulaw, to_mulaw
from sandbox.recognition.telephone_audio import TelephoneAudio

TONE = (8000 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)).astype("<i2")


def test_telephone_audio_is_unchanged() -> None:
    """Mu-law at 8 kHz passes through."""
    audio = TelephoneAudio(8000, mulaw=True)
    assert audio.push(b"abc") == b"abc"


@pytest.mark.parametrize("mulaw", [False, True])
def test_other_rates_are_converted(mulaw: bool) -> None:
    """Messages may split a sample; the tone keeps its level."""
    audio = TelephoneAudio(16_000, mulaw=mulaw)
    data = to_mulaw(TONE) if mulaw else TONE.tobytes()
    found = b"".join(audio.push(data[at : at + 641]) for at in range(0, len(data), 641))

    assert 7500 <= len(found) <= 8000
    assert abs(np.abs(from_mulaw(found[2000:6000]).astype(int)).max() - 8000) < 400
