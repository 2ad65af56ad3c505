"""Announcements that need no running agent. Reads agents, never the bus."""

from collections.abc import Iterable

from parley.agent_config import AgentConfig, CallData, rendered, salvage_agent
from parley.agent_store import AgentStore
from parley.errors import ConfigError
from services.edge.twilio.announcement import Announcement, announcement_of


def default_announcement(
    agents: AgentStore, names: Iterable[str], language: str, key: str, data: CallData
) -> Announcement:
    """Return the text `key` of the first of these agents whose file can be read, even if it is refused.

    Without one, it is the default text of `language`.
    """
    for name in names:
        if (agent := _read(agents, name)) is not None:
            return announcement_of(rendered(agent, data), key)
    return announcement_of(AgentConfig(prompt="-", language=language), key)


def _read(agents: AgentStore, name: str) -> AgentConfig | None:
    try:
        return agents.current(name).config
    except ConfigError:
        return salvage_agent(agents.folder, name)
