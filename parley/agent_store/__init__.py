"""The agents of a system: versions in a NATS bucket that all machines share, and the files of a machine."""

from parley.agent_store.bucket import AgentBucket, Pointer
from parley.agent_store.store import AgentStore, number_conflicts, open_agent_store
from parley.agent_store.version import LoadedAgent, version_of

__all__ = [
    "AgentBucket",
    "AgentStore",
    "LoadedAgent",
    "Pointer",
    "number_conflicts",
    "open_agent_store",
    "version_of",
]
