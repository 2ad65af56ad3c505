"""The detection of DTMF in audio."""

import pytest

from parley.audio.dtmf import FREQUENCIES_HZ, tones
from parley.audio.g711 import SILENCE
from sandbox import tone
from sandbox.caller.voice_bank import load_bank
from sandbox.dtmf import DtmfDetector, decode


@pytest.mark.parametrize("offset", [0, 37, 159])
def test_all_keys_are_detected_wherever_frames_begin(offset: int) -> None:
    """A repeated key counts twice."""
    keys = "".join(FREQUENCIES_HZ) + "11"

    assert decode(SILENCE * offset + tones(keys)) == keys


def test_speech_and_other_tones_are_no_keys() -> None:
    """Neither the voices of callers nor the sandbox's synthetic speech press keys."""
    bank = load_bank()
    texts = (
        "what are your opening hours",
        "five five five one two three four",
        "no thank you that is all goodbye",
    )

    assert [decode(bank.utterance(text).mulaw) for text in texts] == ["", "", ""]
    assert decode(tone.encode("0123456789 the quick brown fox").mulaw) == ""


def test_a_click_is_no_key() -> None:
    """A key lasts 40 ms at least."""
    detector = DtmfDetector()

    assert [detector.process(frame) for frame in (tones("5")[:160], SILENCE * 160)] == ["", ""]
