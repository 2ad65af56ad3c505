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
