"""The agent of a call that has started, with its texts rendered for the call."""

from parley.agent_config import AgentConfig, rendered
from parley.agent_store import AgentStore
from services.edge.calls.call_state import CallState


async def call_agent(agents: AgentStore, call: CallState) -> AgentConfig:
    """Return the agent in the version and the language of the call.

    Raises:
        ConfigError: the agent cannot be loaded.
    """
    return rendered(await agents.load(call.agent, call.agent_version), call.data)
