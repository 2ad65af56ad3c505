"""Tests for the recognition of backchannels."""

import pytest

from services.brain.backchannels import is_backchannel


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("uh huh", True),
        ("Okay.", True),
        ("Yeah, right!", True),
        ("okay stop", False),
        ("no", False),
        ("", False),
    ],
)
def test_every_word_must_be_a_backchannel(text: str, expected: bool) -> None:
    """Case and punctuation do not matter."""
    assert is_backchannel(text) is expected
