"""Tests for turn taking: pauses, openers, fillers and pressed digits."""

import pytest
from pydantic import ValidationError

from parley.agent_config import DtmfConfig, Fillers, Openers, TurnTaking


def test_openers_are_off_by_default() -> None:
    """An agent that begins its answers itself would begin them twice."""
    assert not Openers().enabled


def test_a_filler_may_not_follow_at_once() -> None:
    """It would be played before every answer."""
    with pytest.raises(ValidationError, match="after_ms"):
        Fillers(after_ms=100)


def test_only_a_key_without_a_digit_ends_an_input() -> None:
    """A digit belongs to the input."""
    with pytest.raises(ValidationError, match="terminator"):
        DtmfConfig.model_validate({"terminator": "5"})


def test_a_requested_pause_is_limited() -> None:
    """A caller who never returns must not keep the line."""
    assert TurnTaking().hold_s == 60
    with pytest.raises(ValidationError, match="hold_s"):
        TurnTaking(hold_s=0)
