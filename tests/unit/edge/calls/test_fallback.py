"""Tests of an agent's fallback."""

from pathlib import Path

import pytest

from parley.errors import ConfigError
from services.edge.calls.fallback import fallback_twiml

AGENTS = Path(__file__).parents[4] / "agents"


def test_the_fallback_of_an_agent_is_spoken_by_twilio() -> None:
    """Its text is in the agent file, or is the default."""
    twiml = fallback_twiml(str(AGENTS), "clinic")

    assert "<Say>" in twiml
    assert "<Connect>" not in twiml


def test_an_unknown_agent_has_no_fallback() -> None:
    """The error names the agent."""
    with pytest.raises(ConfigError, match="nobody"):
        fallback_twiml(str(AGENTS), "nobody")
