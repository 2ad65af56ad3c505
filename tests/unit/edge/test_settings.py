"""Settings of the edge that are checked beyond their type."""

import pytest
from pydantic import ValidationError

from services.edge.settings import EdgeSettings


@pytest.mark.parametrize("number", ["", "+15551234567", "+492211"])
def test_an_outbound_number_is_in_e164_format(number: str) -> None:
    """It may also be empty."""
    assert EdgeSettings(from_number=number).from_number == number


@pytest.mark.parametrize("number", ["15551234567", "+0123", "+1 555", "+1" + "5" * 15, "+١٢٣"])
def test_other_numbers_are_refused(number: str) -> None:
    """The error contains an example of the format."""
    with pytest.raises(ValidationError, match=r"\+15551234567"):
        EdgeSettings(from_number=number)


@pytest.mark.parametrize("language", ["de", "pt-BR", "hi-IN"])
def test_the_language_of_announcements_may_have_a_region(language: str) -> None:
    """The texts are those of the language."""
    assert EdgeSettings(language=language).language == language


@pytest.mark.parametrize("language", ["sw", "German", "multi"])
def test_a_language_without_texts_is_refused(language: str) -> None:
    """The error lists the others."""
    with pytest.raises(ValidationError, match="must be one of ar, cs, da, de, en, es"):
        EdgeSettings(language=language)
