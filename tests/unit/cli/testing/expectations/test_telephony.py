"""Expectations of transfers and messages that did not take place; tests/conversations has others."""

import pytest

from cli.testing.expectations import telephony
from tests.unit.cli.testing.call_events import outcome


def test_a_transfer_or_message_that_did_not_take_place_is_a_mismatch() -> None:
    assert "no transfer with {'outcome': 'declined'}" in telephony.transfers(["declined"])(outcome())
    assert "there was none" in telephony.messages_sent([{"to": 15550123}])(outcome())
    assert "'+15550123'" in telephony.messages_sent([{"to": 15550123}])(outcome())


@pytest.mark.parametrize("value", [[], [{}], [{"outcom": "busy"}], [{"outcome": None}], [None], None])
def test_an_unusable_value_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"must be|did you mean"):
        telephony.transfers(value)
