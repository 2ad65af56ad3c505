"""Tests of phone numbers."""

import pytest

from services.edge.phone_number import is_phone_number


@pytest.mark.parametrize("number", ["+15550100", "+491701234567"])
def test_a_phone_number_is_recognized(number: str) -> None:
    """It has a plus sign and at most 15 digits."""
    assert is_phone_number(number)


@pytest.mark.parametrize("text", ["", "15550100", "+0555", "+1555010000000000", "sip:a@b", "+1555\n", "+١٢٣"])
def test_other_texts_are_not(text: str) -> None:
    """SIP addresses, withheld numbers, and digits of other scripts."""
    assert not is_phone_number(text)
