"""Tests of coughs, doors and static."""

import pytest

from sandbox.caller.loudness import is_audible
from sandbox.caller.noises import noise
from sandbox.caller.script import NoiseKind


@pytest.mark.parametrize("kind", [NoiseKind.COUGH, NoiseKind.DOOR, NoiseKind.STATIC])
@pytest.mark.parametrize("ms", [20, 300, 3000])
def test_a_noise_is_audible_with_the_given_length_and_no_words(kind: NoiseKind, ms: float) -> None:
    """It is identical each time."""
    utterance = noise(kind, ms)

    assert len(utterance.mulaw) == ms * 8
    assert utterance.audible_end_ms > utterance.audible_start_ms
    assert utterance.words == ()
    assert utterance.text == f"[{kind}]"
    noise.cache_clear()
    assert noise(kind, ms) == utterance


def test_a_cough_has_two_bursts() -> None:
    """There is a gap between the bursts."""
    mulaw = noise(NoiseKind.COUGH, 1000).mulaw
    first, gap, second = (mulaw[at * 8 : at * 8 + 160] for at in (40, 480, 540))

    assert is_audible(first)
    assert is_audible(second)
    assert sum(map(_loudness, gap)) < sum(map(_loudness, second)) / 4


def _loudness(code: int) -> int:
    return 0x7F - (code & 0x7F)


def test_uh_huh_is_not_synthesised() -> None:
    """It is a recording in the voice bank."""
    with pytest.raises(ValueError, match="recorded"):
        noise(NoiseKind.UH_HUH, 300)
