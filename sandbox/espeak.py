"""Speech synthesis by espeak-ng from its wheel: text in, 8 kHz mu-law and word times out.

A second of speech takes about 2 ms of CPU. The library synthesises one text at a time; a process that serves
many calls should use a thread.
"""

import ctypes
import threading
from functools import cache, lru_cache

import espeakng_loader
import numpy as np
import soxr
from numpy.typing import NDArray

from parley.audio.g711 import SAMPLE_RATE_HZ
from sandbox.pcm import to_mulaw
from sandbox.speech import Speech, Word

VOICE = "en-us+klatt5"
_OTHER_VOICES = {
    "de": "de",
    "es": "es",
    "fr": "fr",
    "hi": "hi",
    "it": "it",
    "nl": "nl",
    "pl": "pl",
    "pt": "pt-br",
    "pt-pt": "pt",
}
"""espeak-ng's voices by the language or tag that they speak."""
RATE_WPM = 160
"""The rate at which an open-source recogniser understands espeak-ng's voices best."""

_SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS: the callback receives the audio before the call returns
_RATE = 1  # espeakRATE
_UTF8 = 1  # espeakCHARS_UTF8
_EVENT_END, _EVENT_WORD = 0, 1
_PEAK_LEVEL = 0.30
"""Peak sample as a fraction of full scale: the level of a telephone."""


class _Event(ctypes.Structure):
    """The struct espeak_EVENT of espeak-ng's speak_lib.h."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_ulonglong),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)

# text, size, position, position type, end position, flags, identifier, user data
_SYNTH_ARGUMENTS = (
    ctypes.c_char_p,
    ctypes.c_size_t,
    ctypes.c_uint,
    ctypes.c_int,
    ctypes.c_uint,
    ctypes.c_uint,
    ctypes.POINTER(ctypes.c_uint),
    ctypes.c_void_p,
)


class _Espeak:
    """The library, loaded once per process because its state is global."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._library.espeak_Synth.argtypes = _SYNTH_ARGUMENTS
        folder = espeakng_loader.get_data_path().encode()
        self._rate_hz = self._library.espeak_Initialize(_SYNCHRONOUS, 500, folder, 0)
        if self._rate_hz <= 0:
            raise RuntimeError("espeak-ng found no voices")
        self._samples: list[NDArray[np.int16]] = []
        self._starts: list[tuple[int, int, float]] = []
        self._callback = _Callback(self._on_audio)
        self._library.espeak_SetSynthCallback(self._callback)

    def _on_audio(
        self, wav: "ctypes._Pointer[ctypes.c_short]", count: int, events: "ctypes._Pointer[_Event]"
    ) -> int:
        if wav and count:
            self._samples.append(np.ctypeslib.as_array(wav, (count,)).astype(np.int16, copy=True))
        number = 0
        while events[number].type != _EVENT_END:
            event = events[number]
            if event.type == _EVENT_WORD:
                self._starts.append((event.text_position - 1, event.length, float(event.audio_position)))
            number += 1
        return 0

    def speak(self, text: str, voice: str, rate_wpm: int) -> Speech:
        """Synthesise a text with the time of each word."""
        self._samples, self._starts = [], []
        self._library.espeak_SetVoiceByName(voice.encode())
        self._library.espeak_SetParameter(_RATE, rate_wpm, 0)
        data = text.encode() + b"\0"
        self._library.espeak_Synth(data, len(data), 0, 1, 0, _UTF8, None, None)
        pcm = np.concatenate(self._samples) if self._samples else np.zeros(0, np.int16)
        mulaw = _telephone_audio(pcm, self._rate_hz)
        return Speech(mulaw, _words(text, self._starts, len(mulaw) / (SAMPLE_RATE_HZ / 1000)))


def _telephone_audio(pcm: NDArray[np.int16], rate_hz: int) -> bytes:
    if not pcm.size:
        return b""
    samples = soxr.resample(pcm.astype(np.float32) / 32768, rate_hz, SAMPLE_RATE_HZ)
    peak = float(np.max(np.abs(samples))) or 1.0
    linear = np.clip(samples * (_PEAK_LEVEL / peak) * 32767, -32768, 32767).astype(np.int16)
    return to_mulaw(linear)


def _words(text: str, starts: list[tuple[int, int, float]], length_ms: float) -> tuple[Word, ...]:
    """The text's words with times; espeak may speak one as several ("3.50"), or several as one."""
    found: list[Word] = []
    position = 0
    spans = []
    for word in text.split():
        begin = text.index(word, position)
        position = begin + len(word)
        spans.append((word, begin, position))
    at_ms = [min((ms for p, _, ms in starts if b <= p < e), default=-1.0) for _, b, e in spans]
    previous_ms = 0.0
    start_times: list[float] = []
    for ms in at_ms:
        previous_ms = max(previous_ms, ms) if ms >= 0 else previous_ms
        start_times.append(previous_ms)
    for number, (word, _, _) in enumerate(spans):
        end_ms = start_times[number + 1] if number + 1 < len(start_times) else length_ms
        found.append(Word(word, start_times[number], max(start_times[number], min(end_ms, length_ms))))
    return tuple(found)


_LOCK = threading.Lock()
"""Guards the library, whose state is shared by the whole process."""


@cache
def _espeak() -> _Espeak:
    return _Espeak()


def voice_of(language: str) -> str:
    """Return the voice for a language tag such as `de-DE`; the English one for a language without its own."""
    tag = language.lower()
    return _OTHER_VOICES.get(tag) or _OTHER_VOICES.get(tag.partition("-")[0], VOICE)


def has_voice(language: str) -> bool:
    """Whether there is a voice for a language tag; the empty one is English."""
    primary = language.lower().partition("-")[0]
    return primary in ("", "en") or primary in _OTHER_VOICES


@lru_cache(maxsize=2000)
def speak(text: str, voice: str = VOICE, rate_wpm: int = RATE_WPM) -> Speech:
    """Synthesise a text; the audio is empty if the text has no letters or digits. Thread-safe."""
    if not any(c.isalnum() for c in text):
        return Speech(b"", ())
    with _LOCK:
        return _espeak().speak(text, voice, rate_wpm)
