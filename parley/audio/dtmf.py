"""DTMF as audio: the tone pairs of ITU-T Q.23 in mu-law at 8 kHz. No I/O, no clock."""

import math
import re

from parley.audio.g711 import ENCODE, SAMPLE_RATE_HZ, SILENCE, ms_to_bytes

_LOW_HZ = (697, 770, 852, 941)
_HIGH_HZ = (1209, 1336, 1477, 1633)
_KEYS = ("123A", "456B", "789C", "*0#D")
FREQUENCIES_HZ = {
    key: (low, high)
    for row, low in zip(_KEYS, _LOW_HZ, strict=True)
    for key, high in zip(row, _HIGH_HZ, strict=True)
}
"""Low and high frequency of each key."""
DIGITS_PATTERN = r"^[0-9*#A-DwW]{1,64}$"
_DIGITS = re.compile(DIGITS_PATTERN, re.ASCII)

_TONE_MS, _GAP_MS = 100, 100
"""Q.24 receivers need 40 ms of each; some older ones twice as much."""
_PAUSES_MS = {"w": 500, "W": 1000}
_LOW_LEVEL, _HIGH_LEVEL = 7200, 9000
"""Peak amplitudes of 32767: about -10 and -8 dBm0, the higher tone 2 dB above the lower one."""


def is_digits(text: str) -> bool:
    """Whether a text consists of keys and pauses (`w`, `W`)."""
    return _DIGITS.fullmatch(text) is not None


def digits_ms(digits: str) -> int:
    """Duration of the keys and pauses."""
    return sum(_PAUSES_MS.get(digit, _TONE_MS + _GAP_MS) for digit in digits)


def tones(digits: str) -> bytes:
    """The audio of keys and pauses."""
    return b"".join(_of(digit) for digit in digits)


def _of(digit: str) -> bytes:
    if digit in _PAUSES_MS:
        return SILENCE * int(ms_to_bytes(_PAUSES_MS[digit]))
    low, high = (2 * math.pi * hz / SAMPLE_RATE_HZ for hz in FREQUENCIES_HZ[digit])
    count = _TONE_MS * SAMPLE_RATE_HZ // 1000
    samples = (round(_LOW_LEVEL * math.sin(low * n) + _HIGH_LEVEL * math.sin(high * n)) for n in range(count))
    return bytes(ENCODE[sample & 0xFFFF] for sample in samples) + SILENCE * int(ms_to_bytes(_GAP_MS))
