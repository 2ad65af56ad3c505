"""Tests of phone numbers as arguments."""

import pytest

from cli.number import NumberError, e164


@pytest.mark.parametrize("text", ["+1 (555) 010-0000", "+15550100000", "001 555.010.0000"])
def test_separators_are_removed(text: str) -> None:
    """As numbers are usually written."""
    assert e164(text) == "+15550100000"


@pytest.mark.parametrize("text", ["5550100000", "+0155501000", "+1555CALLNOW", "", "+1", "+1555010000012345"])
def test_a_number_without_a_country_code_is_refused(text: str) -> None:
    """The error contains an example."""
    with pytest.raises(NumberError, match=r"\+15550100000"):
        e164(text)
