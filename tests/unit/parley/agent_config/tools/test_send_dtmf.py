"""The section of `send_dtmf`."""

import pytest
from pydantic import ValidationError

from parley.agent_config import SendDtmfTool


def test_twilio_presses_the_keys_unless_tones_are_chosen() -> None:
    """There is no third way."""
    assert SendDtmfTool().method == "twilio"
    with pytest.raises(ValidationError, match="tones"):
        SendDtmfTool.model_validate({"method": "sip"})
