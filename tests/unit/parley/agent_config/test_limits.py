"""Tests of the limits of a call."""

import pytest

from parley.agent_config import AgentConfig, default_texts


def test_the_warning_is_in_the_agents_language() -> None:
    """The file may state another one."""
    texts = default_texts("de") or {}

    agent = AgentConfig.model_validate({"prompt": "x", "language": "de"})

    assert agent.limits.warning == texts["limits"]["warning"]
    own = {"prompt": "x", "language": "de", "limits": {"warning": "Gleich ist Schluss."}}
    assert AgentConfig.model_validate(own).limits.warning == "Gleich ist Schluss."


@pytest.mark.parametrize("seconds", [0, -1, 86_401])
def test_a_length_is_within_what_twilio_allows(seconds: float) -> None:
    """Twilio ends each call after 24 hours."""
    with pytest.raises(ValueError, match="max_call_s"):
        AgentConfig.model_validate({"prompt": "x", "limits": {"max_call_s": seconds}})
