"""Coughs, doors and static."""

import pytest

from sandbox.caller.loudness import is_voiced
from sandbox.caller.noises import noise
from sandbox.caller.script import NoiseKind


@pytest.mark.parametrize("kind", [NoiseKind.COUGH, NoiseKind.DOOR, NoiseKind.STATIC])
@pytest.mark.parametrize("ms", [20, 300, 3000])
def test_a_noise_is_heard_lasts_as_long_as_wanted_and_has_no_words(kind: NoiseKind, ms: float) -> None:
    """The same each time."""
    sound = noise(kind, ms)

    assert len(sound.mulaw) == ms * 8
    assert sound.voiced_end_ms > sound.voiced_start_ms
    assert sound.words == ()
    assert sound.text == f"[{kind}]"
    noise.cache_clear()
    assert noise(kind, ms) == sound


def test_a_cough_has_two_bursts() -> None:
    """With a gap between them."""
    mulaw = noise(NoiseKind.COUGH, 1000).mulaw
    first, gap, second = (mulaw[at * 8 : at * 8 + 160] for at in (40, 480, 540))

    assert is_voiced(first)
    assert is_voiced(second)
    assert sum(map(_loudness, gap)) < sum(map(_loudness, second)) / 4


def _loudness(code: int) -> int:
    return 0x7F - (code & 0x7F)


def test_an_uh_huh_is_not_made_by_arithmetic() -> None:
    """The bank has a recording."""
    with pytest.raises(ValueError, match="recording"):
        noise(NoiseKind.UH_HUH, 300)
