"""Pauses in a text, written as `<break time="0.5s"/>`. No I/O."""

import re

from parley.audio.g711 import bytes_to_ms, make_silence
from sandbox.speech import Speech, Word

_BREAK = re.compile(r"""<break\s+time=["']([\d.]+)(ms|s)["']\s*/?>""")
_MAX_BREAK_MS = 3000.0


def split_breaks(text: str) -> list[tuple[str, float]]:
    """Split a text at its pauses: each part with the length in ms of the pause that follows it."""
    found: list[tuple[str, float]] = []
    at = 0
    for match in _BREAK.finditer(text):
        found.append((text[at : match.start()], _break_ms(match[1], match[2])))
        at = match.end()
    return [*found, (text[at:], 0.0)]


def join_speech(parts: list[tuple[Speech, float]]) -> Speech:
    """Join the parts' speech, each followed by a pause of that length in ms."""
    audio, words = b"", list[Word]()
    for speech, break_ms in parts:
        start_ms = bytes_to_ms(len(audio))
        words += [Word(w.text, start_ms + w.start_ms, start_ms + w.end_ms) for w in speech.words]
        audio += speech.mulaw + make_silence(break_ms)
    return Speech(audio, tuple(words))


def _break_ms(number: str, unit: str) -> float:
    try:
        value = float(number)
    except ValueError:
        return 0.0
    return min(value * (1000 if unit == "s" else 1), _MAX_BREAK_MS)
