"""The agents of one call: the one that answered it, and those that may take it over."""

from dataclasses import dataclass

from parley.agent_config import AgentConfig, CallData, rendered
from parley.agent_store import AgentStore


@dataclass(frozen=True, slots=True)
class FoundAgent:
    """An agent in one version."""

    name: str
    version: str
    config: AgentConfig


class CallAgents:
    """Loads the agents of one call; the limits of the call stay those of the agent that answered it."""

    def __init__(self, first: AgentConfig, version: str, agents: AgentStore, data: CallData) -> None:
        """Create the list; `first` is the agent that answered the call, in this version and rendered."""
        self._first = FoundAgent(first.name, version, first)
        self._agents = agents
        self._data = data

    async def find(self, name: str, version: str = "", language: str = "") -> FoundAgent:
        """Return an agent, rendered for this call; an empty name is the agent that answered it.

        `language` is one of the agent's, or else the agent speaks the one in which the call began. Without a
        version it is the current one, which is stored, so that every machine has it until the end
        of the call.

        Raises:
            ConfigError: there is no such agent, or its file is wrong.
        """
        first = self._first
        if not name or (name == first.name and version in ("", first.version)):
            if language in ("", first.config.language):
                return first
            name, version = first.name, first.version
        loaded = await self._agents.find(name, version)
        if not version and name != first.name:
            await self._agents.keep(loaded)
        config = _with_limits_of(first.config, rendered(loaded.config, self._data, language))
        return FoundAgent(loaded.name, loaded.version, config)


def _with_limits_of(first: AgentConfig, config: AgentConfig) -> AgentConfig:
    """The agent with the limits of the call; the edge enforces its length from its start."""
    of_call = {key: getattr(first.limits, key) for key in ("max_call_s", "max_tokens", "max_cost")}
    limits = config.limits.model_copy(update=of_call)
    return config.model_copy(update={"limits": limits})
