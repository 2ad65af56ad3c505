"""Tests for telephone numbers."""

import pytest

from services.brain.collecting.phone_numbers import groups, normalize, region_of
from services.brain.collecting.problem import ValueProblem


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("020 7946 0018", "GB", "+442079460018"),
        ("plus 44 20 7946 0018", "GB", "+442079460018"),
        ("0044 20 7946 0018", "DE", "+442079460018"),
        ("(415) 555-0123", "US", "+14155550123"),
        ("011 49 30 1234567", "US", "+49301234567"),
        ("0171 1234567", "DE", "+491711234567"),
    ],
)
def test_numbers_are_those_of_the_called_country(text: str, region: str, number: str) -> None:
    """A country code that the caller names takes precedence."""
    assert normalize(text, region) == number


@pytest.mark.parametrize(
    ("text", "region", "message"),
    [
        ("123", "GB", "too few digits"),
        ("020 7946 0018 0018", "GB", "too many digits"),
        ("two zero", "GB", "digit by digit"),
        ("020 7946 0018", "", "not a telephone number"),
        ("", "GB", "not a telephone number"),
    ],
)
def test_other_texts_are_refused(text: str, region: str, message: str) -> None:
    """The model learns what to ask."""
    with pytest.raises(ValueProblem, match=message):
        normalize(text, region)


@pytest.mark.parametrize(
    ("called", "language", "region"),
    [
        ("+442079460018", "en", "GB"),
        ("+4313456789", "de-DE", "AT"),
        ("sip:desk@example.com", "de-AT", "AT"),
        ("client:ann", "en", ""),
        ("", "pt_BR", "BR"),
    ],
)
def test_the_called_number_names_the_country(called: str, language: str, region: str) -> None:
    """A SIP address has none; then the language may have a region."""
    assert region_of(called, language) == region


def test_a_foreign_number_is_read_with_its_country_code() -> None:
    """Digits come in the groups of their country."""
    assert groups("+442079460018", "GB") == (False, ("020", "7946", "0018"))
    assert groups("+442079460018", "DE") == (True, ("44", "20", "7946", "0018"))
    assert groups("+14155550123", "CA") == (False, ("415", "555", "0123"))
