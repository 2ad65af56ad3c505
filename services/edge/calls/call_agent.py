"""The agent of a call that has started, with its texts rendered for the call."""

import asyncio

import structlog
from google.protobuf.message import DecodeError

from parley.agent_config import AgentConfig, rendered
from parley.agent_store import AgentStore
from parley.bus import Bus, streams, subjects
from parley.errors import BusError
from parley.v1.event_pb2 import Event
from services.edge.calls.call_state import CallState

log = structlog.get_logger()

_READ_TIMEOUT_S = 1.0


async def call_agent(agents: AgentStore, call: CallState, language: str = "") -> AgentConfig:
    """Return the agent that answered the call, in the call's version.

    `language` is the one to which the call has changed. Without it, or if the agent does not speak it, the
    agent has the language in which the call began.

    Raises:
        ConfigError: the agent cannot be loaded.
    """
    return rendered(await agents.load(call.agent, call.agent_version), call.data, language)


async def current_agent(bus: Bus, agents: AgentStore, call_sid: str, call: CallState) -> AgentConfig:
    """Return the agent that answered the call, in the call's version and in the language that it has now.

    Raises:
        ConfigError: the agent cannot be loaded.
    """
    return await call_agent(agents, call, await changed_language(bus, call_sid))


async def changed_language(bus: Bus, call_sid: str) -> str:
    """Return the language to which a call has changed; empty for none, or if it is not read within 1 s."""
    subject = subjects.call_event(call_sid, "language_changed")
    try:
        async with asyncio.timeout(_READ_TIMEOUT_S):
            last = await bus.streams.last_message(streams.CALLS, subject)
        return Event.FromString(last.data).language_changed.language if last is not None else ""
    except (BusError, TimeoutError, DecodeError) as error:
        log.warning("call_language_unknown", call_sid=call_sid, reason=str(error) or type(error).__name__)
        return ""
