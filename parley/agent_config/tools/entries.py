"""The entries of `tools` in the agent file; each type of tool has a class of its own."""

from collections.abc import Iterable, Mapping
from typing import Annotated, TypeAlias, get_args

from pydantic import BeforeValidator, Field

from parley.agent_config.tools.appointments import BookAppointmentTool, CancelAppointmentTool
from parley.agent_config.tools.base import ToolBase
from parley.agent_config.tools.customers import LookupCustomerTool
from parley.agent_config.tools.end_call import EndCallTool
from parley.agent_config.tools.http import HttpTool
from parley.agent_config.tools.leads import LogLeadTool
from parley.agent_config.tools.mcp import McpTool
from parley.agent_config.tools.messages import TakeMessageTool
from parley.agent_config.tools.python import PythonTool
from parley.agent_config.tools.search_knowledge import SearchKnowledgeTool
from parley.agent_config.tools.send_dtmf import SendDtmfTool
from parley.agent_config.tools.send_sms import SendSmsTool
from parley.agent_config.tools.transfer_call import TransferCallTool
from parley.agent_config.tools.wait import WaitTool

AnyTool: TypeAlias = (
    EndCallTool
    | HttpTool
    | McpTool
    | PythonTool
    | SearchKnowledgeTool
    | BookAppointmentTool
    | CancelAppointmentTool
    | LogLeadTool
    | LookupCustomerTool
    | TakeMessageTool
    | TransferCallTool
    | SendSmsTool
    | SendDtmfTool
    | WaitTool
)
"""Every type of tool: a new one is added here and in the brain's registry."""

_DEFAULT_TYPE = "http"
_NOT_BUILT_IN = frozenset({"http", "mcp", "python"})
"""Types of tools that users define themselves; their options are required."""


def _types() -> tuple[str, ...]:
    sections = get_args(AnyTool) or (AnyTool,)
    return tuple(name for section in sections for name in get_args(section.model_fields["type"].annotation))


TOOL_TYPES: tuple[str, ...] = _types()
"""The values of `type`."""
BUILT_IN_TOOLS: tuple[str, ...] = tuple(name for name in TOOL_TYPES if name not in _NOT_BUILT_IN)
"""The tools that may be named without options."""


def _read_entry(value: object) -> object:
    """Complete an entry: a name alone stands for the built-in tool, a mapping without `type` for `http`."""
    if isinstance(value, str):
        if value not in BUILT_IN_TOOLS:
            raise ValueError(f"{value!r} is not a built-in tool; there are: {', '.join(BUILT_IN_TOOLS)}")
        return {"type": value}
    if isinstance(value, Mapping):
        kind = value.get("type", _DEFAULT_TYPE)
        if kind not in TOOL_TYPES:
            raise ValueError(f"type: {kind!r} is not a type of tool; there are: {', '.join(TOOL_TYPES)}")
        return {**value, "type": kind}
    return value


_BuiltInName: TypeAlias = Annotated[str, Field(json_schema_extra={"enum": list(BUILT_IN_TOOLS)})]

ToolSection: TypeAlias = Annotated[
    AnyTool,
    Field(discriminator="type"),
    BeforeValidator(_read_entry, json_schema_input_type=_BuiltInName | AnyTool),
]
"""An entry of `tools`: the name of a built-in tool, or a mapping whose `type` is `http` when absent."""


def duplicate_name(tools: Iterable[ToolBase]) -> str:
    """Return a name that two tools have; empty if all names differ."""
    seen: set[str] = set()
    for name in (name for tool in tools for name in tool.tool_names):
        if name in seen:
            return name
        seen.add(name)
    return ""
