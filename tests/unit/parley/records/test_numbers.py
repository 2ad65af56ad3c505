"""Telephone numbers and values in the form in which they are compared."""

import pytest

from parley.records.numbers import caller_number, comparable, normal_number


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("+15550100", "+15550100"),
        ("+49 (0)30 123-456", "+4930123456"),
        ("anonymous", ""),
        ("+266696687", ""),
        ("Restricted", ""),
        ("sip:anna@example.com", "sip:anna@example.com"),
        ("", ""),
    ],
)
def test_the_number_of_a_caller(given: str, expected: str) -> None:
    """A withheld number, in words or in digits as Twilio writes it, becomes empty."""
    assert caller_number(given) == expected


@pytest.mark.parametrize(
    ("given", "country", "expected"),
    [
        ("0049 30 123456", "", "+4930123456"),
        ("030 123456", "49", "+4930123456"),
        ("030 123456", "", "030123456"),
        ("555-0100", "", "5550100"),
        ("none", "49", ""),
    ],
)
def test_a_spoken_number(given: str, country: str, expected: str) -> None:
    assert normal_number(given, country) == expected


def test_values_are_compared_without_case_accents_and_punctuation() -> None:
    assert comparable("  MÜLLER-Lüdenscheid, ") == "mullerludenscheid"
    assert comparable("Anna  Smith") == "anna smith"
    assert comparable("Anna@Example.com") == "anna@example.com"
