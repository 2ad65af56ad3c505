"""The oracle finds registered utterances in audio."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.audio.g711 import SILENCE
from sandbox.caller.utterance import oracle_registration
from sandbox.recognition.oracle import Oracle
from tests.recordings import oracle_with, recordings

TEXTS = ("my name is robert miller", "my name is mary johnson", "uh huh")


@given(st.integers(0, 300), st.sampled_from(TEXTS))
async def test_an_utterance_is_found_at_any_position(lead_ms: int, text: str) -> None:
    """The position may be any whole millisecond."""
    audio = SILENCE * 8 * lead_ms + recordings().utterance(text).mulaw
    words = await oracle_with(*TEXTS).recognise(audio)

    assert " ".join(word.text for word in words) == text
    assert words[0].start_ms >= lead_ms


async def test_a_word_is_found_if_half_of_its_frames_arrive() -> None:
    """Lost frames cost no word; a word whose frames are all missing is not found."""
    utterance = recordings().utterance(TEXTS[0])
    frames = [utterance.mulaw[at : at + 160] for at in range(0, len(utterance.mulaw), 160)]
    thinned = b"".join(SILENCE * 160 if n % 4 == 0 else frame for n, frame in enumerate(frames))
    cut = utterance.mulaw[: int(utterance.words[3].start_ms) * 8]
    oracle = oracle_with(*TEXTS)

    assert [w.text for w in await oracle.recognise(thinned)] == TEXTS[0].split()
    assert [w.text for w in await oracle.recognise(cut)] == ["my", "name", "is"]


async def test_unregistered_audio_yields_no_words() -> None:
    """The oracle recognises nothing by itself."""
    assert await oracle_with(*TEXTS).recognise(recordings().utterance("stop").mulaw) == ()


def test_a_malformed_utterance_is_rejected() -> None:
    """The error text contains `malformed`."""
    with pytest.raises(ValueError, match="malformed"):
        Oracle().register([{"text": "x"}])


def test_recordings_of_people_are_no_synthetic_voice() -> None:
    """Whisper recognises them; a simulated caller is found also with lost frames."""
    oracle = oracle_with(TEXTS[0])
    person = recordings().utterance(TEXTS[1])
    body = oracle_registration([replace(person, recorded=True)])
    oracle.register(body["utterances"])
    simulated = recordings().utterance(TEXTS[0]).mulaw
    half = b"".join(simulated[at : at + 160] for at in range(0, len(simulated), 320))

    assert oracle.is_synthetic(simulated)
    assert oracle.is_synthetic(half)
    assert not oracle.is_synthetic(person.mulaw)
    assert not oracle.is_synthetic(recordings().utterance("stop").mulaw)
    assert not oracle.is_synthetic(SILENCE * 8000)
