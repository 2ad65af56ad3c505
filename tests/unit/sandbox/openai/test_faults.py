"""The names of faults and quirks."""

import pytest
from pydantic import ValidationError

from sandbox.openai.faults import FAULTS, QUIRKS, LlmFaults, LlmQuirks, documented
from sandbox.openai.settings import OpenAISandboxSettings


def test_every_fault_is_documented_and_off() -> None:
    """Quirks may be on."""
    assert all(documented().values())
    assert set(documented()) == set(FAULTS)
    assert set(LlmFaults().model_dump().values()) == {0.0}
    assert not set(QUIRKS) & set(LlmFaults.model_fields)


def test_shares_and_names_are_checked() -> None:
    """A typing error in a name must not go unnoticed."""
    with pytest.raises(ValidationError):
        LlmQuirks(crlf=1.5)
    with pytest.raises(ValidationError):
        LlmFaults.model_validate({"hangs": 1})
    with pytest.raises(ValidationError, match="unknown fault 'hangs'"):
        OpenAISandboxSettings(llm_fault="hangs")
    assert OpenAISandboxSettings(llm_fault="crlf").llm_fault == "crlf"
