"""Announcements that need no running agent. Reads agent files, never the bus."""

from collections.abc import Iterable

from parley.agent_config import AgentConfig, load_agent_config, salvage_agent
from parley.errors import ConfigError
from services.edge.twilio.announcement import Announcement, announcement_of


def default_announcement(agents_dir: str, agents: Iterable[str], language: str, key: str) -> Announcement:
    """Return the text `key` of the first agent whose file can be read, even if it is refused.

    Without one, it is the default text of `language`.
    """
    for name in agents:
        if (agent := _read(agents_dir, name)) is not None:
            return announcement_of(agent, key)
    return announcement_of(AgentConfig(prompt="-", language=language), key)


def _read(agents_dir: str, name: str) -> AgentConfig | None:
    try:
        return load_agent_config(agents_dir, name)
    except ConfigError:
        return salvage_agent(agents_dir, name)
