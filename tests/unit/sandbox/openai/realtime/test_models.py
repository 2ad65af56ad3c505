"""The models of the Realtime API and their ends."""

from datetime import date

import pytest

from sandbox.openai.realtime.models import find_family

TODAY = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("gpt-realtime-2.1", True),
        ("gpt-realtime-2.1-mini", True),
        ("gpt-realtime-2025-08-28", True),
        ("gpt-4o-realtime-preview", False),
        ("gpt-9", False),
        ("sandbox-clinic", True),
    ],
)
def test_a_model_is_found_until_it_ends(name: str, found: bool) -> None:
    """A dated snapshot belongs to its family."""
    assert (find_family(name, TODAY) is not None) == found


def test_the_old_models_end_in_january() -> None:
    """As in OpenAI's list of deprecations."""
    assert find_family("gpt-realtime", date(2027, 1, 19)) is not None
    assert find_family("gpt-realtime", date(2027, 1, 20)) is None
    assert find_family("gpt-4o-transcribe", date(2027, 2, 26)) is None


def test_what_the_models_take() -> None:
    """Some reason, some transcribe, and some of these send their text early."""
    reasoning, live = (find_family(name, TODAY) for name in ("gpt-realtime-2", "gpt-live-transcribe"))

    assert reasoning
    assert reasoning.reasons
    assert live
    assert (live.transcribes, live.streams, live.keywords) == (True, True, True)
