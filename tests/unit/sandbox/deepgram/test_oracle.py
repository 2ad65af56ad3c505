"""The oracle finds what it was told in the sound."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.mulaw import SILENCE
from sandbox.caller.voice_bank import load_bank
from sandbox.deepgram.oracle import Oracle

TEXTS = ("my name is robert miller", "my name is mary johnson", "uh huh")


def nobody(text: str) -> Any:
    raise AssertionError(text)


BANK = load_bank(nobody)


def oracle() -> Oracle:
    made = Oracle()
    for text in TEXTS:
        known = BANK.utterance(text)
        words = [{"text": w.text, "start_ms": w.start_ms, "end_ms": w.end_ms} for w in known.words]
        made.register([{"text": text, "mulaw": base64.b64encode(known.mulaw).decode(), "words": words}])
    return made


@given(st.integers(0, 300), st.sampled_from(TEXTS))
async def test_an_utterance_is_found_wherever_it_lies(lead_ms: int, text: str) -> None:
    """At any whole millisecond."""
    words = await oracle().recognise(SILENCE * 8 * lead_ms + BANK.utterance(text).mulaw)

    assert " ".join(word.text for word in words) == text
    assert words[0].start_ms >= lead_ms


async def test_words_survive_lost_frames_and_die_with_all_of_theirs() -> None:
    """Half of a word is enough."""
    known = BANK.utterance(TEXTS[0])
    frames = [known.mulaw[at : at + 160] for at in range(0, len(known.mulaw), 160)]
    thinned = b"".join(SILENCE * 160 if n % 4 == 0 else frame for n, frame in enumerate(frames))
    cut = known.mulaw[: int(known.words[3].start_ms) * 8]

    assert [w.text for w in await oracle().recognise(thinned)] == TEXTS[0].split()
    assert [w.text for w in await oracle().recognise(cut)] == ["my", "name", "is"]


async def test_other_sound_is_not_heard() -> None:
    """Nor is what was not registered."""
    assert await oracle().recognise(BANK.utterance("stop").mulaw) == ()


def test_a_malformed_utterance_is_refused() -> None:
    """By its reason."""
    with pytest.raises(ValueError, match="malformed"):
        Oracle().register([{"text": "x"}])
