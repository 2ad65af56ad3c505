"""The section of `transfer_call`."""

from typing import Any

import pytest
from pydantic import ValidationError

from parley.agent_config import TransferCallTool

SALES = {"number": "+15550100123"}


def test_a_destination_has_one_number_or_several() -> None:
    """A SIP address is as good as a number."""
    tool = TransferCallTool.model_validate(
        {"destinations": {"sales": {"numbers": ["sip:a@b.com", "+15550100123"]}, "desk": SALES}}
    )

    assert tool.destinations["sales"].addresses == ("sip:a@b.com", "+15550100123")
    assert tool.destinations["desk"].addresses == ("+15550100123",)
    assert not tool.is_warm


@pytest.mark.parametrize("where", [{"kind": "warm"}, {"destinations": {"sales": {**SALES, "kind": "warm"}}}])
def test_a_destination_may_differ_from_the_tool(where: dict[str, Any]) -> None:
    """The model then needs a summary."""
    assert TransferCallTool.model_validate({"destinations": {"sales": SALES}, **where}).is_warm


def test_fillers_are_for_callers_that_wait_with_the_agent() -> None:
    """They would disturb the music or the ringing."""
    where = {"destinations": {"sales": SALES}}

    assert TransferCallTool.model_validate(where).filler == ()
    assert TransferCallTool.model_validate({**where, "kind": "warm", "meanwhile": "music"}).filler == ()
    assert TransferCallTool.model_validate({**where, "kind": "warm"}).filler is None
    assert TransferCallTool.model_validate({**where, "filler": "One moment."}).filler == ("One moment.",)


@pytest.mark.parametrize(
    ("section", "reason"),
    [
        ({}, "destinations: name at least one"),
        ({"destinations": {"sales": {}}}, "give one number, or several"),
        ({"destinations": {"sales": {**SALES, "numbers": ["+15550100124"]}}}, "give one number, or several"),
        ({"destinations": {"sales": {"number": "555"}}}, "neither a number"),
        ({"destinations": {"our sales": SALES}}, "our sales"),
        ({"destinations": {"sales": {**SALES, "send_digits": "1;2"}}}, "send_digits"),
        ({"destinations": {"sales": {**SALES, "timeout_s": 1}}}, "timeout_s"),
        ({"destinations": {"sales": SALES}, "caller_id": "clinic"}, "E.164"),
        ({"destinations": {"sales": SALES}, "kind": "hot"}, "cold"),
        ({"allow_any_number": True}, "allowed_numbers"),
    ],
)
def test_a_mistake_is_named(section: dict[str, Any], reason: str) -> None:
    """The message has the key and the remedy."""
    with pytest.raises(ValidationError, match=reason):
        TransferCallTool.model_validate(section)
