"""The recordings are complete, loud enough, detected as speech and recognised by the oracle."""

import json
from importlib.resources import files

import numpy as np
import pytest

from parley.audio.g711 import DECODE, make_silence
from sandbox.caller.noises import noise
from sandbox.caller.script import ExpectHangUp, Listen, Noise, NoiseKind, Say, Script
from sandbox.caller.utterance import Utterance, oracle_registration, recorded_utterance
from sandbox.caller.voice_bank import load_bank, normalise
from sandbox.recognition.oracle import Oracle

BANK = load_bank()
LINEAR = np.array(DECODE, dtype=np.float32)


def dbfs(mulaw: bytes) -> float:
    """Mean level of some audio."""
    samples = LINEAR[np.frombuffer(mulaw, dtype=np.uint8)]
    return float(10 * np.log10(np.mean(samples**2) + 1e-9) - 20 * np.log10(32768))


def test_texts_manifest_and_recordings_agree() -> None:
    """All recordings together take less than 3 MB."""
    folder = files("sandbox.caller.voice")
    texts = (folder / "texts.txt").read_text("utf-8").splitlines()
    entries = json.loads((folder / "manifest.json").read_text("utf-8"))
    recordings = {item.name: item.read_bytes() for item in folder.iterdir() if item.name.endswith(".ulaw")}

    assert len(texts) == len(set(texts))
    assert [entry["text"] for entry in entries] == texts
    assert {entry["file"] for entry in entries} == set(recordings)
    assert sum(map(len, recordings.values())) < 3_000_000


@pytest.mark.parametrize("recording", BANK.recordings.values(), ids=BANK.recordings)
def test_a_recording_has_telephone_quality(recording: Utterance) -> None:
    """Its level is right, words are in order within the audio, and little silence surrounds it."""
    length_ms = len(recording.mulaw) / 8
    times = [ms for word in recording.words for ms in (word.start_ms, word.end_ms)]

    assert (
        -22
        < dbfs(recording.mulaw[int(recording.audible_start_ms * 8) : int(recording.audible_end_ms * 8)])
        < -12
    )
    assert max(abs(LINEAR[code]) for code in set(recording.mulaw)) < 32000
    assert [word.text for word in recording.words] == recording.text.split()
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] <= length_ms
    assert recording.audible_start_ms <= 200
    assert length_ms - recording.audible_end_ms <= 300


def test_texts_are_normalised_for_lookup() -> None:
    """Capitals and punctuation do not count, apostrophes do."""
    assert normalise("  No, WAIT! ") == "no wait"
    assert normalise("I don't") == "i don't"
    assert BANK.utterance("No, wait!") is BANK.recordings["no wait"]


def test_other_texts_are_synthesised() -> None:
    """The script's voice `espeak` synthesises all texts."""
    unknown = BANK.utterance("nobody ever recorded this")
    spoken = BANK.utterance("yes", "espeak")

    assert [word.text for word in unknown.words] == ["nobody", "ever", "recorded", "this"]
    assert unknown.audible_end_ms - unknown.audible_start_ms > 700
    assert spoken.mulaw != BANK.recordings["yes"].mulaw


def test_only_audible_steps_have_an_utterance() -> None:
    """uh_huh is a recording, and other noises are synthesised."""
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


async def test_the_oracle_recognises_registered_utterances() -> None:
    """Each utterance is registered once, and noises are not registered."""
    steps = (Listen(), Say("yes please"), Noise(NoiseKind.DOOR), Say("Yes, please"), Say("no wait"))
    body = oracle_registration(BANK.script_utterances(Script("rms", steps)))
    oracle = Oracle()

    assert [utterance["text"] for utterance in body["utterances"]] == ["yes please", "no wait"]
    assert oracle.register(json.loads(json.dumps(body))["utterances"]) == 2
    words = await oracle.recognise(make_silence(505) + BANK.recordings["no wait"].mulaw)
    assert [word.text for word in words] == ["no", "wait"]


def test_the_words_of_a_recording_are_spread_over_its_speech() -> None:
    """Unless their ends are given; the recogniser adds punctuation itself."""
    audio = b"\xff" * 800 + bytes([0x10, 0x90] * 1600) + b"\xff" * 800
    spread, given = recorded_utterance("no wait.", audio), recorded_utterance("no wait.", audio, (200, 500))

    assert [(word.text, round(word.start_ms), round(word.end_ms)) for word in spread.words] == [
        ("no", 100, 233),
        ("wait", 233, 500),
    ]
    assert [(word.start_ms, word.end_ms) for word in given.words] == [(100, 200), (200, 500)]
    assert recorded_utterance("", audio).words == ()
