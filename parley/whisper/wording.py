"""Decides which words of a recognition a caller can have spoken. No I/O, no clock.

Whisper was trained on subtitles: for noise and silence it writes what subtitles contain there, such as
"[Music]" or the thanks at the end of a film.
"""

import re
from dataclasses import replace

from parley.whisper.model import Recognition

_ANNOTATION = re.compile(r"\[[^\]]*\]|\([^)]*\)|\*[^*]*\*|[♪♫]+")
_PHANTOMS = frozenset(
    {
        "bye",
        "bye bye",
        "i'm sorry",
        "music",
        "oh",
        "okay",
        "so",
        "thank you",
        "thank you for watching",
        "thank you so much",
        "thank you very much",
        "thanks for watching",
        "the",
        "the end",
        "you",
    }
)
"""Phrases that the model writes most often for audio without speech; callers also speak some, but clearly."""
_PHANTOM_LOG_PROBABILITY = -0.8
_MIN_LOG_PROBABILITY = -1.6
_MAX_NO_SPEECH = 0.6
_UNSURE_LOG_PROBABILITY = -0.9
_MIN_MS_PER_LETTER = 22.0
"""Faster than any speaker; of speech that the detector reports, whose first 100 ms it misses."""
_MISSED_MS = 250


def spoken(found: Recognition, speech_ms: int) -> Recognition:
    """Return the recognition without words that no caller spoke; `speech_ms`: duration of its speech."""
    text = " ".join(_ANNOTATION.sub(" ", found.text).split())
    letters = sum(c.isalnum() for c in text)
    if not letters or _is_phantom(found, text) or letters * _MIN_MS_PER_LETTER > speech_ms + _MISSED_MS:
        return replace(found, text="", words=())
    if text == found.text:
        return found
    remaining = set(text.split())
    return replace(found, text=text, words=tuple(word for word in found.words if word.text in remaining))


def _is_phantom(found: Recognition, text: str) -> bool:
    if found.log_probability < _MIN_LOG_PROBABILITY:
        return True
    if found.no_speech > _MAX_NO_SPEECH and found.log_probability < _UNSURE_LOG_PROBABILITY:
        return True
    plain = " ".join("".join(c for c in text.lower() if c.isalnum() or c in "' ").split())
    return plain in _PHANTOMS and found.log_probability < _PHANTOM_LOG_PROBABILITY
