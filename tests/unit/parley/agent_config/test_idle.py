"""Idle prompts."""

import pytest
from pydantic import ValidationError

from parley.agent_config import Idle


@pytest.mark.parametrize("timeout_s", [0, 301])
def test_the_time_limit_is_bounded(timeout_s: float) -> None:
    """A prompt follows silence, within five minutes."""
    with pytest.raises(ValidationError, match="timeout_s"):
        Idle(timeout_s=timeout_s)
