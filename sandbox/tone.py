"""Audio that encodes its text as tones, for load tests: cheap to make, exact to decode even when cut.

Each character is 40 ms of three tones: one of 16 for each half of its byte, and one of two that alternates
with every character, to separate a repeated character from a long one.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from parley.audio.g711 import SAMPLE_RATE_HZ
from sandbox.pcm import from_mulaw, to_mulaw
from sandbox.speech import Speech, Word

CHARACTER_MS = 40
_SAMPLES = CHARACTER_MS * SAMPLE_RATE_HZ // 1000
_WINDOW = _SAMPLES // 2
_HOP = _WINDOW // 4
_LOW_HZ = [300 + 50 * n for n in range(16)]
_HIGH_HZ = [1200 + 50 * n for n in range(16)]
_PARITY_HZ = [2200, 2400]
_AMPLITUDE = 4000
_MIN_TONE_STRENGTH = 600.0
"""Weaker windows contain no character."""
_MIN_SILENCE_SAMPLES = 5 * SAMPLE_RATE_HZ // 1000
_MIN_RUN_WINDOWS = 3
_WINDOWS_PER_CHARACTER = _SAMPLES // _HOP


@lru_cache(maxsize=1024)
def _character(byte: int, parity: int) -> bytes:
    t = np.arange(_SAMPLES) / SAMPLE_RATE_HZ
    tones = (_LOW_HZ[byte & 15], _HIGH_HZ[byte >> 4], _PARITY_HZ[parity])
    wave = sum(np.sin(2 * np.pi * hz * t) for hz in tones) * _AMPLITUDE
    return to_mulaw(np.asarray(wave).astype(np.int16))


def encode(text: str) -> Speech:
    """A text as tones, one for each byte of its UTF-8."""
    data = text.encode()
    mulaw = b"".join(_character(byte, number % 2) for number, byte in enumerate(data))
    return Speech(mulaw, tuple(_words(text)))


def _words(text: str) -> Iterator[Word]:
    position = 0
    for word in text.split():
        start = text.index(word, position)
        position = start + len(word)
        start_ms, end_ms = (len(text[:at].encode()) * CHARACTER_MS for at in (start, position))
        yield Word(word, start_ms, end_ms)


def decode(mulaw: bytes) -> str:
    """The text in the audio; silence is skipped, a truncated character may be lost."""
    return "".join(character.text for character in decode_characters(mulaw))


def decode_characters(mulaw: bytes) -> tuple[Word, ...]:
    """The characters in the audio, each with its times."""
    wave = from_mulaw(mulaw).astype(np.float32)
    # Without its silences, a text that was paused within a character and resumed is contiguous again.
    positions = np.flatnonzero(~_silence_mask(wave))
    wave = wave[positions]
    if wave.size < _WINDOW:
        return ()
    windows = np.lib.stride_tricks.sliding_window_view(wave, _WINDOW)[::_HOP]
    low, high, parity = (_strengths(windows, tones) for tones in (_LOW_HZ, _HIGH_HZ, _PARITY_HZ))
    confident = np.minimum(np.minimum(low.max(1), high.max(1)), parity.max(1)) > _MIN_TONE_STRENGTH
    symbols = (parity.argmax(1) << 8) | (high.argmax(1) << 4) | low.argmax(1)
    symbols[~confident] = -1
    found: list[Word] = []
    for run in _runs(symbols.tolist()):
        found += _characters(run, positions)
    return tuple(_joined(found))


def _joined(found: list[Word]) -> Iterator[Word]:
    """Join the bytes of each character; one that has lost a byte is left out."""
    character: list[Word] = []
    for byte in found:
        continues = 0x80 <= ord(byte.text) < 0xC0
        character = [*character, byte] if continues else [byte]
        with suppress(UnicodeDecodeError):
            text = bytes(ord(one.text) for one in character).decode()
            yield Word(text, character[0].start_ms, byte.end_ms)


def _silence_mask(wave: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Samples in stretches that have too small an amplitude for too long to be part of a tone."""
    edges = np.flatnonzero(np.diff(np.abs(wave) < _MIN_TONE_STRENGTH / 2, prepend=False, append=False))
    begins, ends = edges[::2], edges[1::2]
    long = ends - begins >= _MIN_SILENCE_SAMPLES
    silent = np.zeros(wave.size, dtype=np.bool_)
    for begin, end in zip(begins[long].tolist(), ends[long].tolist(), strict=True):
        silent[begin:end] = True
    return silent


def _strengths(windows: NDArray[np.float32], tones: list[int]) -> NDArray[np.float32]:
    t = np.arange(_WINDOW) / SAMPLE_RATE_HZ
    waves = np.exp(-2j * np.pi * np.outer(t, tones)).astype(np.complex64)
    return np.asarray(np.abs(windows @ waves) / (_WINDOW / 2), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Run:
    """Consecutive windows with the same symbol."""

    symbol: int
    first: int
    last: int


def _runs(symbols: list[int]) -> list[_Run]:
    """Runs of at least three windows; windows that span two characters agree for fewer."""
    found: list[_Run] = []
    at = 0
    for symbol, group in groupby(symbols):
        first, at = at, at + sum(1 for _ in group)
        if symbol < 0 or at - first < _MIN_RUN_WINDOWS:
            continue
        if found and found[-1].symbol == symbol:
            found[-1] = _Run(symbol, found[-1].first, at - 1)
        else:
            found.append(_Run(symbol, first, at - 1))
    return found


def _characters(run: _Run, positions: NDArray[np.int64]) -> Iterator[Word]:
    """One character, or several in a long run: a text may end with the character that starts the next."""
    windows = run.last - run.first + 1
    count = max(1, (windows + 4) // _WINDOWS_PER_CHARACTER)
    middle = (run.first + run.last) * _HOP // 2 + _WINDOW // 2
    begin = middle - count * _SAMPLES // 2
    for number in range(count):
        # Bounds are accurate to a few milliseconds; those next to a silence are looked up from within.
        start = begin + number * _SAMPLES + _HOP
        bounds = np.clip((start, start + _SAMPLES - 2 * _HOP), 0, positions.size - 1)
        first, last = positions[bounds].tolist()
        start_ms, end_ms = (max(0, at) / (SAMPLE_RATE_HZ / 1000) for at in (first - _HOP, last + _HOP))
        yield Word(chr(run.symbol & 0xFF), start_ms, end_ms)
