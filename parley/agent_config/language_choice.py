"""Which of an agent's languages a call has. No I/O."""

from parley.agent_config.agent import AgentConfig
from parley.agent_config.templates.call_data import CallData
from parley.language_codes import common_code

LANGUAGE_PARAMETER = "language"
"""The parameter of a call that chooses the language."""


def call_language(agent: AgentConfig, data: CallData) -> str:
    """Return the language that the call's parameter names, or else that of the called number.

    The agent's own if it does not speak the one that is named.
    """
    wanted = data.parameters.get(LANGUAGE_PARAMETER, "")
    return nearest(agent, wanted) or nearest(agent, _of_number(agent, data)) or agent.language


def _of_number(agent: AgentConfig, data: CallData) -> str:
    own = data.called_number if data.direction == "inbound" else data.caller_number
    return next((entry.language or "" for entry in agent.numbers if entry.number == own), "")


def nearest(agent: AgentConfig, wanted: str) -> str:
    """Return the agent's language that is the nearest to a tag; empty without one of the same language."""
    tags = agent.spoken_languages
    tag = wanted.replace("_", "-").lower()
    for spoken in tags:
        if spoken.lower() == tag:
            return spoken
    same = (spoken for spoken in tags if tag and common_code(spoken) == common_code(tag))
    return next(same, "")
