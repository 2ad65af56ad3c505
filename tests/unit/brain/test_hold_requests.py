"""Tests for the recognition of requests to wait."""

import pytest

from services.brain.hold_requests import is_hold_request
from services.brain.phrases.phrase_lists import phrases_for
from tests.unit.brain.utterances import utterances


@pytest.mark.parametrize(("language", "text"), utterances("requests to wait"))
def test_a_request_to_wait_needs_no_answer(language: str, text: str) -> None:
    """Alone, with courtesies, with a reason, or at the end of an utterance."""
    assert is_hold_request(text, phrases_for(language))


@pytest.mark.parametrize(("language", "text"), utterances("no requests to wait"))
def test_anything_else_needs_an_answer(language: str, text: str) -> None:
    """Even if it begins like a request to wait."""
    assert not is_hold_request(text, phrases_for(language))


def test_the_agent_file_adds_requests() -> None:
    """For a dialect."""
    assert is_hold_request("Two ticks, please.", phrases_for("en", (), ("two ticks",)))
