"""Hold music: a calm sequence of chords, synthesized, for callers who wait for a person. No I/O, no clock."""

import math
from collections.abc import Iterator
from functools import cache
from itertools import cycle

from parley.audio.g711 import ENCODE, SAMPLE_RATE_HZ

PIECE_S = 0.4
"""Duration of one piece, which is one note."""
_LEVEL = 1800
"""Peak amplitude of 32767 of one note: quieter than speech."""
_CHORDS_HZ = (
    (261.63, 329.63, 392.00, 523.25),
    (220.00, 261.63, 329.63, 440.00),
    (174.61, 220.00, 261.63, 349.23),
    (196.00, 246.94, 293.66, 392.00),
)
_ORDER = (0, 1, 2, 3, 2, 1)


@cache
def _note(hz: float) -> bytes:
    """A note that fades in and out, in mu-law."""
    count = int(PIECE_S * SAMPLE_RATE_HZ)
    step = 2 * math.pi * hz / SAMPLE_RATE_HZ
    samples = (round(_LEVEL * math.sin(math.pi * n / count) * math.sin(step * n)) for n in range(count))
    return bytes(ENCODE[sample & 0xFFFF] for sample in samples)


def pieces() -> Iterator[bytes]:
    """Endless music, in mu-law pieces of `PIECE_S`."""
    for chord in cycle(_CHORDS_HZ):
        for index in _ORDER:
            yield _note(chord[index])
