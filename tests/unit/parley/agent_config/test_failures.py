"""The fallback of a call that a stage can no longer serve."""

import pytest
from pydantic import ValidationError

from parley.agent_config import Fallback


def test_a_transfer_needs_a_number() -> None:
    """Without one Twilio has nothing to dial."""
    with pytest.raises(ValidationError, match="a transfer needs one"):
        Fallback(then="transfer")


@pytest.mark.parametrize("number", ["0301234", "+0301234", "sip:desk@example.com"])
def test_a_number_is_in_international_form(number: str) -> None:
    """Twilio dials E.164 numbers."""
    with pytest.raises(ValidationError, match="number"):
        Fallback(then="transfer", number=number)
