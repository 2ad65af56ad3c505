"""DTMF as audio."""

import math

import pytest

from parley.audio.dtmf import FREQUENCIES_HZ, digits_ms, is_digits, tones
from parley.audio.g711 import DECODE, SAMPLE_RATE_HZ, bytes_to_ms


def _level(samples: list[int], hz: float) -> float:
    """Amplitude of one frequency."""
    parts = [
        (
            sample * math.cos(2 * math.pi * hz * n / SAMPLE_RATE_HZ),
            sample * math.sin(2 * math.pi * hz * n / 8000),
        )
        for n, sample in enumerate(samples)
    ]
    return 2 * math.hypot(sum(a for a, _ in parts), sum(b for _, b in parts)) / len(samples)


@pytest.mark.parametrize("key", sorted(FREQUENCIES_HZ))
def test_a_key_is_the_pair_of_tones_of_q23(key: str) -> None:
    """Only its two frequencies are strong, the higher one about 2 dB above the lower one."""
    samples = [DECODE[byte] for byte in tones(key)[:800]]
    low, high = FREQUENCIES_HZ[key]
    others = {hz for pair in FREQUENCIES_HZ.values() for hz in pair} - {low, high}

    assert 1.5 < 20 * math.log10(_level(samples, high) / _level(samples, low)) < 2.5
    assert all(_level(samples, hz) < _level(samples, low) / 5 for hz in others)
    assert max(map(abs, samples)) < 20_000


def test_pauses_and_durations() -> None:
    """A key lasts 100 ms, with as much silence after it; w is half a second, W a second."""
    assert bytes_to_ms(len(tones("1w#W"))) == digits_ms("1w#W") == 200 + 500 + 200 + 1000


@pytest.mark.parametrize(
    ("text", "valid"),
    [("12#", True), ("ww4W*A", True), ("", False), ("1 2", False), ("x", False), ("1" * 65, False)],
)
def test_what_may_be_pressed(text: str, valid: bool) -> None:
    """Keys and pauses, 64 at most."""
    assert is_digits(text) is valid
