"""The tools of an agent, built from its agent file."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import structlog

from parley.agent_config import AgentConfig, ToolBase
from parley.errors import ConfigError
from services.brain.tools import (
    Tool,
    appointments,
    cancellations,
    customers,
    end_call,
    hand_off,
    http,
    leads,
    messages,
    python,
    save_data,
    search_knowledge,
    send_dtmf,
    send_sms,
    switch_language,
    transfer_call,
    wait,
)
from services.brain.tools.context import ToolContext
from services.brain.tools.tool_list import ToolList

log = structlog.get_logger()

Builder: TypeAlias = Callable[[Any, ToolContext], Sequence[Tool]]
"""Builds the tools of one section of the agent file, for one call."""


def _build_mcp(section: Any, context: ToolContext) -> Sequence[Tool]:
    from services.brain.tools import mcp_tools  # noqa: PLC0415 - the SDK is imported for agents that use it

    return mcp_tools.build(section, context)


BUILDERS: Mapping[str, Builder] = {
    "end_call": end_call.build,
    "http": http.build,
    "search_knowledge": search_knowledge.build,
    "mcp": _build_mcp,
    "python": python.build,
    "book_appointment": appointments.build,
    "cancel_appointment": cancellations.build,
    "log_lead": leads.build,
    "lookup_customer": customers.build,
    "take_message": messages.build,
    "transfer_call": transfer_call.build,
    "send_sms": send_sms.build,
    "send_dtmf": send_dtmf.build,
    "wait": wait.build,
}
"""By the section's `type`."""


class Toolset(ToolList):
    """The tools of an agent; those of an MCP server change with its list of tools."""

    def __init__(self, parts: Sequence[Sequence[Tool]]) -> None:
        self._parts = tuple(parts)
        self._reported: set[str] = set()

    def present(self) -> tuple[Tool, ...]:
        """Return the tools in order; of several with the same name, the first."""
        found: dict[str, Tool] = {}
        for tool in (tool for part in self._parts for tool in part):
            if found.setdefault(tool.name, tool) is not tool and tool.name not in self._reported:
                self._reported.add(tool.name)
                log.error("tool_name_taken", tool=tool.name, effect="the later tool is left out")
        return tuple(found.values())


def build_tools(agent: AgentConfig, context: ToolContext) -> Toolset:
    """Build the tools that the agent file names, and those of `collect`, `handoffs` and `languages`.

    They have the file's order; one that cannot be used is left out.
    """
    named = [_build(section, context) for section in agent.tools]
    added = (save_data.build(agent, context), hand_off.build(agent, context), switch_language.build(agent))
    return Toolset([*named, *added])


def _build(section: ToolBase, context: ToolContext) -> Sequence[Tool]:
    try:
        return BUILDERS[section.type](section, context)
    except ConfigError as error:
        log.error("tool_left_out", tool=section.type, reason=str(error), effect="the agent has no such tool")
        return ()
