"""The voice of an agent that names none."""

import pytest

from services.tts.providers.cartesia.voices import Voice, choose_voice, read_voices

ENGLISH, OWN, GERMAN = (
    Voice("1", "a", "en", is_owner=False),
    Voice("2", "b", "en", is_owner=True),
    Voice("3", "c", "de", is_owner=False),
)


def test_the_language_precedes_the_owner() -> None:
    """English without a language; another language if there is no such voice."""
    voices = [ENGLISH, OWN, GERMAN]

    assert choose_voice(voices, "de") == GERMAN
    assert choose_voice(voices, "en") == OWN
    assert choose_voice(voices, "") == OWN
    assert choose_voice([ENGLISH], "hi") == ENGLISH
    assert choose_voice([], "en") is None


@pytest.mark.parametrize("body", [None, {}, {"data": 1}, {"data": [None, 3, {"id": 4}, {}]}, "x"])
def test_a_strange_list_has_no_voices(body: object) -> None:
    """Reading it raises no exception."""
    assert read_voices(body) == []


def test_voices_are_read() -> None:
    """From a page, or from a list as older versions send it."""
    entry = {"id": "1", "name": "a", "language": "EN", "is_owner": False}

    assert read_voices({"data": [entry]}) == read_voices([entry]) == [ENGLISH]
