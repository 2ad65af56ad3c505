"""Speech detection, with scripted probabilities and with the real model on recordings."""

from collections.abc import Iterable

import numpy as np
import pytest

from parley.audio.g711 import SILENCE
from sandbox.caller.noises import noise
from sandbox.caller.script import NoiseKind
from sandbox.pcm import to_mulaw
from services.stt.silero import SileroVad
from services.stt.speech_probability import FRAME_MS
from services.stt.voice_activity import SpeechChange, SpeechStarted, SpeechStopped, VoiceActivity
from tests.recordings import recordings

LOUD, SILENT = b"\x10" * FRAME_MS * 8, SILENCE * FRAME_MS * 8


class Scripted:
    """A model that returns given probabilities."""

    def __init__(self, probabilities: Iterable[float]) -> None:
        self._probabilities = iter(probabilities)

    def __call__(self, window: bytes) -> float:  # noqa: ARG002 - the script decides
        """Return the next probability."""
        return next(self._probabilities, 0.0)


def detect(*probabilities: float, frames: int, loud: int = 1000) -> list[SpeechChange]:
    """The changes on audio of which the first `loud` frames are loud."""
    vad = VoiceActivity(Scripted(probabilities))
    changes: list[SpeechChange] = []
    for number in range(frames):
        changes += vad.push_audio(LOUD if number < loud else SILENT, number * FRAME_MS)
    return changes


def test_one_sure_frame_or_three_likely_frames_start_speech() -> None:
    """Speech starts where the audio became loud."""
    assert detect(0.95, frames=1) == [SpeechStarted(1)]
    assert detect(0.0, 0.6, 0.6, frames=4) == []
    assert detect(0.0, 0.6, 0.6, 0.6, frames=4) == [SpeechStarted(1)]


def test_unlikely_speech_ends_after_128_ms() -> None:
    """Less may be a stop consonant; the weak end of a word belongs to it if no gap comes before it."""
    assert detect(*[0.95] * 4, 0.1, 0.1, 0.1, *[0.9] * 5, frames=16) == [SpeechStarted(1)]
    _, stopped = detect(*[0.95] * 4, frames=20, loud=5)
    assert stopped == SpeechStopped(100)


def test_speech_ends_after_160_ms_of_silence_even_if_the_model_lags() -> None:
    """The end is where the audio became quiet, not where the model noticed it."""
    _, stopped = detect(*[0.95] * 7, 0.3, frames=15, loud=5)
    assert stopped == SpeechStopped(100)


@pytest.mark.parametrize(
    "text", ["hello", "tuesday afternoon would be good", "my name is robert miller", "yes", "stop"]
)
def test_speech_is_detected_to_100_ms(text: str) -> None:
    """Both its start and its end; a weak last consonant reaches beyond the words' own end."""
    spoken = recordings().utterance(text)
    audio = SILENCE * 8000 + spoken.mulaw + SILENCE * 8000
    vad = VoiceActivity(SileroVad())
    changes: list[SpeechChange] = []
    for at in range(0, len(audio), 160):
        changes += vad.push_audio(audio[at : at + 160], at // 8)

    started, stopped = changes[0], changes[-1]
    assert abs(started.at_ms - 1000 - spoken.audible_start_ms) <= 100
    end_ms = spoken.words[-1].end_ms
    assert min(end_ms, spoken.audible_end_ms) - 20 <= stopped.at_ms - 1000 <= end_ms + 100


def spoken(*parts: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]") -> bytes:
    """Audio whose samples are between -1 and 1."""
    return to_mulaw((np.concatenate(parts) * 32768).round().astype(np.int16))


def fricative(ms: int, dbfs: float) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    """Noise at high frequencies."""
    noise = np.diff(np.random.default_rng(6).normal(size=ms * 8 + 1))
    return np.asarray(noise / noise.std() * 10 ** (dbfs / 20))


def vowel(ms: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    """A low tone of -20 dBFS."""
    return np.asarray(np.sin(np.arange(ms * 8) * 0.15) * 0.1 * 2**0.5)


@pytest.mark.parametrize(("closure_ms", "included"), [(0, True), (80, True), (120, False)])
def test_a_weak_last_consonant_belongs_to_the_speech(closure_ms: int, included: bool) -> None:
    """A final "s" is 40 dB weaker than the vowel, and a "t" comes after a closure."""
    silence = np.zeros(8 * 300)
    audio = spoken(vowel(200), np.zeros(closure_ms * 8), fricative(40, -60), silence)
    vad = VoiceActivity(Scripted([0.95] * 7))
    _, stopped = vad.push_audio(audio, 0)
    assert stopped.at_ms == pytest.approx(240 + closure_ms if included else 200, abs=5)


def test_a_possible_vowel_after_a_fricative_starts_speech() -> None:
    """The model finds speech only in the vowel, and is sure of it only a frame later."""
    audio = spoken(np.zeros(8 * 100), fricative(100, -45), vowel(20))
    in_vowel = [*[0.05] * 5, 0.3]
    assert VoiceActivity(Scripted(in_vowel)).push_audio(audio, 0) == [SpeechStarted(100)]
    assert VoiceActivity(Scripted([*[0.05] * 5, 0.2])).push_audio(audio, 0) == []
    assert VoiceActivity(Scripted(in_vowel)).push_audio(spoken(np.zeros(8 * 180), vowel(40)), 0) == []


def test_silence_and_static_are_not_speech() -> None:
    """Static is common on telephone lines."""
    vad = VoiceActivity(SileroVad())
    hiss = noise(NoiseKind.STATIC, 3000).mulaw

    assert vad.push_audio(SILENCE * 8000, 0) == []
    assert vad.push_audio(hiss, 1000) == []


def test_the_fading_tail_of_stopped_speech_does_not_start_speech() -> None:
    """Audio that is as loud as before does."""
    faint = bytes([0x60]) * FRAME_MS * 8
    vad = VoiceActivity(Scripted([0.95] * 20))
    vad.push_audio(LOUD * 3, 0)
    assert not vad.paused
    vad.push_audio(faint * 4, 60)
    assert vad.paused

    assert vad.force_stop() == [SpeechStopped(140)]
    assert vad.force_stop() == []
    assert vad.push_audio(faint * 3, 140) == []
    assert vad.push_audio(LOUD, 200) == [SpeechStarted(141)]


def test_speech_starts_after_the_speech_before_it() -> None:
    """The events of a call stay in order when a start is dated back."""
    vad = VoiceActivity(Scripted([0.95] * 20))
    vad.push_audio(LOUD * 3, 0)
    assert vad.force_stop() == [SpeechStopped(60)]
    assert vad.push_audio(LOUD, 60) == [SpeechStarted(61)]
