"""Limits of the voice settings."""

from typing import Any

import pytest

from sandbox.elevenlabs.client_message import Rejected
from sandbox.elevenlabs.models import find_model
from sandbox.elevenlabs.voice_settings import check_voice_settings

FLASH, V3 = find_model("eleven_flash_v2_5"), find_model("eleven_v3")


@pytest.mark.parametrize("settings", [None, {}, {"speed": 0.7}, {"stability": 0.3, "style": None}, {"x": 1}])
def test_values_within_the_limits_are_accepted(settings: dict[str, Any] | None) -> None:
    """Unknown settings are ignored."""
    check_voice_settings(settings, FLASH)


@pytest.mark.parametrize("settings", [{"speed": 1.3}, {"speed": "fast"}, {"similarity_boost": -0.1}])
def test_values_out_of_range_are_rejected(settings: dict[str, Any]) -> None:
    """The message has the limits."""
    with pytest.raises(Rejected, match="expected to be greater"):
        check_voice_settings(settings, FLASH)


def test_v3_has_three_stabilities() -> None:
    """Other models take any."""
    check_voice_settings({"stability": 0.5}, V3)
    with pytest.raises(Rejected, match="TTD stability"):
        check_voice_settings({"stability": 0.3}, V3)
