"""Announcements that need no running agent. Reads agents, never the bus."""

from collections.abc import Iterator

from parley.agent_config import AgentConfig, CallData, rendered, salvage_agent
from parley.agent_store import AgentStore
from parley.errors import ConfigError
from services.edge.twilio.announcement import Announcement, announcement_of


def default_announcement(
    agents: AgentStore, wanted: str, default: str, language: str, key: str, data: CallData
) -> Announcement:
    """Return the text `key` of the agent that the call would have, if its file can be read, even if refused.

    It is the agent named `wanted`, that of the called number, or the `default` one; without any of them, the
    default text of `language`.
    """
    for name in (wanted, *_of_called_number(agents, data), default):
        if (agent := _read(agents, name)) is not None:
            return announcement_of(rendered(agent, data), key)
    return announcement_of(AgentConfig(prompt="-", language=language), key)


def _of_called_number(agents: AgentStore, data: CallData) -> Iterator[str]:
    """Yield the agents that name the called number; none for a call that the account has placed."""
    if data.direction != "inbound" or not data.called_number:
        return
    for name in agents.names():
        agent = _read(agents, name)
        if agent is not None and any(entry.number == data.called_number for entry in agent.numbers):
            yield name


def _read(agents: AgentStore, name: str) -> AgentConfig | None:
    try:
        return agents.current(name).config
    except ConfigError:
        return salvage_agent(agents.folder, name)
