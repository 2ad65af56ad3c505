"""The section `tts`."""

import pytest
from pydantic import ValidationError

from parley.agent_config import TtsConfig


@pytest.mark.parametrize("speed", [0.5, 1.5])
def test_a_speed_out_of_range_is_refused(speed: float) -> None:
    """The limits are those of ElevenLabs."""
    with pytest.raises(ValidationError, match="speed"):
        TtsConfig(speed=speed)
