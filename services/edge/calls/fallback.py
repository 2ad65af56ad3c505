"""A call's fallback: Twilio continues the call without Parley, as configured in its agent file."""

from parley.agent_config import load_agent_config
from services.edge.twilio import twiml

FALLBACK = "fallback"
"""Reason of call.ended when Twilio continues the call with the fallback."""


def fallback_twiml(agents_dir: str, agent: str) -> str:
    """TwiML of an agent's fallback.

    Raises:
        ConfigError: the agent file cannot be read.
    """
    return twiml.fall_back(load_agent_config(agents_dir, agent).fallback)
