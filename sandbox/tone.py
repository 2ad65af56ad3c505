"""Sound that carries its text, for load: cheap to make, exact to read back, even when cut anywhere.

Each character is 40 ms of three tones: one of 16 for each half of its byte, one of two that changes with
every character, so that a repeated one is told from a long one.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from parley.mulaw import DECODE, ENCODE, SAMPLE_RATE_HZ
from sandbox.voice import Speech, Word

CHARACTER_MS = 40
_SAMPLES = CHARACTER_MS * SAMPLE_RATE_HZ // 1000
_WINDOW = _SAMPLES // 2
_HOP = _WINDOW // 4
_LOW_HZ = [300 + 50 * n for n in range(16)]
_HIGH_HZ = [1200 + 50 * n for n in range(16)]
_PARITY_HZ = [2200, 2400]
_AMPLITUDE = 4000
_QUIET = 600.0
"""A window this weak holds no character."""
_ENCODE = np.frombuffer(ENCODE, dtype=np.uint8)
_DECODE = np.array(DECODE, dtype=np.float32)


@lru_cache(maxsize=1024)
def _character(byte: int, parity: int) -> bytes:
    t = np.arange(_SAMPLES) / SAMPLE_RATE_HZ
    tones = (_LOW_HZ[byte & 15], _HIGH_HZ[byte >> 4], _PARITY_HZ[parity])
    wave = sum(np.sin(2 * np.pi * hz * t) for hz in tones) * _AMPLITUDE
    return bytes(_ENCODE[np.asarray(wave).astype(np.int16).view(np.uint16)])


def encode(text: str) -> Speech:
    """A text as tones; other than Latin-1 characters become `?`."""
    data = text.encode("latin-1", errors="replace")
    mulaw = b"".join(_character(byte, number % 2) for number, byte in enumerate(data))
    return Speech(mulaw, tuple(_words(text)))


def _words(text: str) -> Iterator[Word]:
    position = 0
    for word in text.split():
        start = text.index(word, position)
        position = start + len(word)
        yield Word(word, start * CHARACTER_MS, position * CHARACTER_MS)


def decode(mulaw: bytes) -> str:
    """The text that the sound carries; silence in it is skipped, a character cut short may be lost."""
    wave = _DECODE[np.frombuffer(mulaw, dtype=np.uint8)]
    if wave.size < _WINDOW:
        return ""
    windows = np.lib.stride_tricks.sliding_window_view(wave, _WINDOW)[::_HOP]
    low, high, parity = (_strengths(windows, tones) for tones in (_LOW_HZ, _HIGH_HZ, _PARITY_HZ))
    sure = np.minimum(np.minimum(low.max(1), high.max(1)), parity.max(1)) > _QUIET
    symbols = (parity.argmax(1) << 8) | (high.argmax(1) << 4) | low.argmax(1)
    return _collapse(symbols, sure)


def _strengths(windows: NDArray[np.float32], tones: list[int]) -> NDArray[np.float32]:
    t = np.arange(_WINDOW) / SAMPLE_RATE_HZ
    waves = np.exp(-2j * np.pi * np.outer(t, tones)).astype(np.complex64)
    return np.asarray(np.abs(windows @ waves) / (_WINDOW / 2), dtype=np.float32)


def _collapse(symbols: NDArray[np.int64], sure: NDArray[np.bool_]) -> str:
    """Windows that agree twice in a row are a character; windows across two characters agree with nothing."""
    found = bytearray()
    last = run = -1
    count = 0
    for symbol, good in zip(symbols.tolist(), sure.tolist(), strict=True):
        current = symbol if good else -1
        count = count + 1 if current == run else 1
        run = current
        if current < 0:
            last = -1 if count > 2 else last
        elif count == 3 and current != last:
            found.append(current & 0xFF)
            last = current
    return found.decode("latin-1")
