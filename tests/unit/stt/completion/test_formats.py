"""The lengths at which dictated numbers are complete."""

import pytest

from services.stt.completion.formats import Progress, load_formats

FORMATS = load_formats()
INCOMPLETE, PLAUSIBLE, COMPLETE = Progress.INCOMPLETE, Progress.PLAUSIBLE, Progress.COMPLETE


@pytest.mark.parametrize(
    ("language", "number", "expected"),
    [
        ("en-US", "555123456", INCOMPLETE),
        ("en-US", "5551234567", COMPLETE),
        ("en-US", "1555123456", INCOMPLETE),
        ("en-US", "15551234567", COMPLETE),
        ("en", "5551234567", COMPLETE),
        ("en", "07700900", INCOMPLETE),
        ("en", "07700900123", COMPLETE),
        ("en-GB", "0770090012", PLAUSIBLE),
        ("en-AU", "0412345678", COMPLETE),
        ("en-IN", "9876543210", COMPLETE),
        ("de", "0171555", INCOMPLETE),
        ("de", "01715550100", COMPLETE),
        ("de", "0176123456", INCOMPLETE),
        ("de", "017612345678", COMPLETE),
        ("de", "0301234567", COMPLETE),
        ("de", "+491715550100", COMPLETE),
        ("de", "00491715550100", COMPLETE),
        ("de", "+49171555", INCOMPLETE),
        ("fr", "061234567", INCOMPLETE),
        ("fr", "0612345678", COMPLETE),
        ("fr", "33612345678", COMPLETE),
        ("es-ES", "612345678", COMPLETE),
        ("es", "612345678", PLAUSIBLE),
        ("es-MX", "5512345678", COMPLETE),
        ("pt-PT", "912345678", COMPLETE),
        ("pt-BR", "1134567890", COMPLETE),
        ("pt-BR", "1198765432", PLAUSIBLE),
        ("pt-BR", "11987654321", COMPLETE),
        ("pt-BR", "5511987654321", COMPLETE),
        ("hi", "987654321", INCOMPLETE),
        ("hi", "9876543210", COMPLETE),
        ("hi", "+919876543210", COMPLETE),
        ("pl", "+48601234567", COMPLETE),
        ("xx", "123456789", INCOMPLETE),
        ("xx", "1234567890", COMPLETE),
    ],
)
def test_a_telephone_number_has_the_length_of_its_country(
    language: str, number: str, expected: Progress
) -> None:
    """The country is that of the calling code, or one of the language's."""
    digits = number.removeprefix("+")

    assert FORMATS.phone_progress(number, digits, language) is expected


@pytest.mark.parametrize(
    ("chars", "expected"),
    [
        ("de8937040044", INCOMPLETE),
        ("de89370400440532013000", COMPLETE),
        ("gb29nwbk60161331926819", COMPLETE),
        ("fr1420041010050500013m02606", COMPLETE),
        ("fr1420041010050500013m0260", INCOMPLETE),
        ("xx99", INCOMPLETE),
    ],
)
def test_an_iban_has_the_length_of_its_country(chars: str, expected: Progress) -> None:
    """The first two letters name the country."""
    assert FORMATS.iban_progress(chars) is expected


def test_a_card_has_sixteen_digits_or_fifteen() -> None:
    """American Express has fifteen."""
    assert FORMATS.card_progress("4" * 15) is INCOMPLETE
    assert FORMATS.card_progress("4" * 16) is COMPLETE
    assert FORMATS.card_progress("37" + "1" * 13) is COMPLETE


@pytest.mark.parametrize(
    ("language", "chars", "expected"),
    [
        ("en-US", "94103", COMPLETE),
        ("en-US", "941", INCOMPLETE),
        ("en-GB", "sw1a", INCOMPLETE),
        ("en-GB", "sw1a1aa", COMPLETE),
        ("en-CA", "k1a0b1", COMPLETE),
        ("en-IN", "11000", INCOMPLETE),
        ("de-DE", "10115", COMPLETE),
        ("de-AT", "1010", COMPLETE),
        ("pt-BR", "01310", INCOMPLETE),
        ("pt-BR", "01310100", COMPLETE),
        ("hi", "110001", COMPLETE),
    ],
)
def test_a_postcode_has_the_form_of_its_country(language: str, chars: str, expected: Progress) -> None:
    """The country is the region of the language tag."""
    assert FORMATS.postcode_progress(chars, language) is expected


def test_digits_in_groups_of_four_may_be_a_card() -> None:
    """Twelve digits of a card would otherwise be taken for a telephone number."""
    assert FORMATS.may_be_card(["4111"] * 3, "en")
    assert not FORMATS.may_be_card(["44", "7700", "900123"], "en")
    assert not FORMATS.may_be_card(["07700", "900123"], "en")
