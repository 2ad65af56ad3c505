"""Numbers in words, figures and data."""

from typing import Any

import pytest

from cli.testing.from_call.redaction import redact, redact_data, redact_keys


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("My number is +49 151 2345678.", "My number is +55 501 0055501."),
        ("call 030/1234-567", "call 555/0100-555"),
        ("four nine one five, two", "five five five zero one"),
        ("at 10:30, for 40 dollars on the 5th", "at 10:30, for 40 dollars on the 5th"),
        ("one two three", "one two three"),
        ("six double seven nine eight", "five five five zero one"),
    ],
)
def test_long_numbers_get_other_digits(text: str, redacted: str) -> None:
    """Times, prices and counts stay."""
    assert redact(text) == redacted


@pytest.mark.parametrize(
    ("value", "redacted"),
    [
        ({"phone": "15551234567", "hour": 10, "ok": True}, {"phone": "55501005550", "hour": 10, "ok": True}),
        ([123456, 12.5, None], [555010, 12.5, None]),
    ],
)
def test_data_keeps_its_form(value: Any, redacted: Any) -> None:
    assert redact_data(value) == redacted


def test_pressed_keys_keep_their_end() -> None:
    assert redact_keys("98765#") == "55501#"
    assert redact_keys("12#") == "12#"
