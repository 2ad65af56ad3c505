"""A version of an agent, and how an agent is named in the bucket. No I/O."""

import hashlib
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from parley.agent_config import AgentConfig

_VERSION_DIGITS = 12


@dataclass(frozen=True, slots=True)
class LoadedAgent:
    """An agent in one of its versions."""

    name: str
    version: str
    config: AgentConfig
    text: str = field(repr=False)
    """The agent file."""


def version_of(text: str) -> str:
    """Return the version of an agent file: the beginning of the SHA-256 of its text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()[:_VERSION_DIGITS]


def bucket_key(name: str) -> str:
    """Return an agent's name in the characters that a key of a NATS bucket may have, without dots."""
    return quote(name, safe="").replace(".", "%2E").replace("~", "%7E").replace("%", "=")


def agent_name(key: str) -> str:
    """Return the agent's name of a `bucket_key`."""
    return unquote(key.replace("=", "%"))
