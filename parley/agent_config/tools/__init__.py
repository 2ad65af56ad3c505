"""The tools of the agent file: `ToolSection` is an entry of `tools`."""

from parley.agent_config.tools.appointments import BookAppointmentTool, CancelAppointmentTool
from parley.agent_config.tools.base import ToolBase
from parley.agent_config.tools.customers import LookupCustomerTool
from parley.agent_config.tools.end_call import EndCallTool
from parley.agent_config.tools.entries import (
    BUILT_IN_TOOLS,
    TOOL_TYPES,
    AnyTool,
    ToolSection,
    duplicate_name,
)
from parley.agent_config.tools.http import HttpTool
from parley.agent_config.tools.leads import LogLeadTool, ScoreRule
from parley.agent_config.tools.mcp import McpTool
from parley.agent_config.tools.messages import TakeMessageTool
from parley.agent_config.tools.python import PythonTool
from parley.agent_config.tools.records import RecordsTool
from parley.agent_config.tools.search_knowledge import SearchKnowledgeTool
from parley.agent_config.tools.send_dtmf import SendDtmfTool
from parley.agent_config.tools.send_sms import SendSmsTool
from parley.agent_config.tools.transfer_call import Destination, TransferCallTool
from parley.agent_config.tools.wait import WaitTool

__all__ = [
    "BUILT_IN_TOOLS",
    "TOOL_TYPES",
    "AnyTool",
    "BookAppointmentTool",
    "CancelAppointmentTool",
    "Destination",
    "EndCallTool",
    "HttpTool",
    "LogLeadTool",
    "LookupCustomerTool",
    "McpTool",
    "PythonTool",
    "RecordsTool",
    "ScoreRule",
    "SearchKnowledgeTool",
    "SendDtmfTool",
    "SendSmsTool",
    "TakeMessageTool",
    "ToolBase",
    "ToolSection",
    "TransferCallTool",
    "WaitTool",
    "duplicate_name",
]
