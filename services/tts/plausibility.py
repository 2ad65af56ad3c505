"""Decides whether audio can contain a text, by its duration without silence. No I/O, no clock.

Measured with espeak-ng in four languages: at 264 words per minute, faster than any voice at speed 1.2, the
words with the most letters per syllable take 29 ms per letter ("through"), ordinary sentences 40 ms and more.
"""

from parley.audio.g711 import BYTES_PER_MS

_FRAME_MS = 10
_FRAME_BYTES = _FRAME_MS * BYTES_PER_MS
_SILENT_CODES = bytes((*range(0x7A, 0x80), *range(0xFA, 0x100)))
"""Mu-law codes of amplitudes up to 40 of 32,124: digital silence and dither."""
_WORD_MS_PER_LETTER = 25.0
_SENTENCE_MS_PER_LETTER = 36.0
_WORD_LETTERS = 20
_SENTENCE_LETTERS = 60
"""From this length on a text has the average rate of speech; shorter ones may be faster."""


def audible_ms(mulaw: bytes | bytearray) -> float:
    """Duration of the audio in milliseconds, without its silent parts."""
    frames = range(0, len(mulaw), _FRAME_BYTES)
    return _FRAME_MS * sum(
        min(1.0, (len(mulaw) - begin) / _FRAME_BYTES)
        for begin in frames
        if mulaw[begin : begin + _FRAME_BYTES].translate(None, _SILENT_CODES)
    )


def is_audible(mulaw: bytes | bytearray) -> bool:
    """Whether any of the audio is not silent."""
    return bool(mulaw.translate(None, _SILENT_CODES))


def min_speech_ms(letters: int) -> float:
    """Return the shortest duration in which so many letters and digits can be spoken."""
    share = (letters - _WORD_LETTERS) / (_SENTENCE_LETTERS - _WORD_LETTERS)
    rate = _WORD_MS_PER_LETTER + (_SENTENCE_MS_PER_LETTER - _WORD_MS_PER_LETTER) * min(1.0, max(0.0, share))
    return letters * rate


def can_contain(letters: int, mulaw: bytes | bytearray) -> bool:
    """Whether the audio is long enough for a text with this number of letters and digits."""
    return not letters or audible_ms(mulaw) >= min_speech_ms(letters)
