"""An agent: its prompt and how it transcribes, answers and speaks; read from a YAML file and validated."""

from parley.agent_config.agent import AgentConfig
from parley.agent_config.collect import CollectedField
from parley.agent_config.failures import Fallback, Reconnect
from parley.agent_config.greeting import Greeting
from parley.agent_config.handoffs import HandOff
from parley.agent_config.idle import Idle
from parley.agent_config.language_choice import call_language
from parley.agent_config.limits import Limits
from parley.agent_config.llm import History, LlmConfig, Speculation, TokenPrice
from parley.agent_config.loading import load_agent_config, parse_agent, read_agent_text
from parley.agent_config.missing_texts import text_language, text_of, texts_problem
from parley.agent_config.numbers import AgentNumber
from parley.agent_config.provider_section import ProviderSection
from parley.agent_config.realtime import RealtimeConfig, RealtimePrice, TurnDetection
from parley.agent_config.rendering import rendered
from parley.agent_config.salvage import salvage_agent
from parley.agent_config.section import AutoSwitch
from parley.agent_config.stt import SttConfig
from parley.agent_config.templates.call_data import CallData, call_data
from parley.agent_config.templates.template import render_text
from parley.agent_config.templates.text import TemplateText
from parley.agent_config.texts.defaults import default_texts, languages, primary_language
from parley.agent_config.tools import (
    EndCallTool,
    HttpTool,
    McpTool,
    PythonTool,
    SendDtmfTool,
    SendSmsTool,
    ToolBase,
    ToolSection,
    TransferCallTool,
    WaitTool,
)
from parley.agent_config.tts import TtsConfig
from parley.agent_config.turn_taking import DtmfConfig, Fillers, Openers, TurnTaking
from parley.agent_config.webhooks import Webhook, Webhooks

__all__ = [
    "AgentConfig",
    "AgentNumber",
    "AutoSwitch",
    "CallData",
    "CollectedField",
    "DtmfConfig",
    "EndCallTool",
    "Fallback",
    "Fillers",
    "Greeting",
    "HandOff",
    "History",
    "HttpTool",
    "Idle",
    "Limits",
    "LlmConfig",
    "McpTool",
    "Openers",
    "ProviderSection",
    "PythonTool",
    "RealtimeConfig",
    "RealtimePrice",
    "Reconnect",
    "SendDtmfTool",
    "SendSmsTool",
    "Speculation",
    "SttConfig",
    "TemplateText",
    "TokenPrice",
    "ToolBase",
    "ToolSection",
    "TransferCallTool",
    "TtsConfig",
    "TurnDetection",
    "TurnTaking",
    "WaitTool",
    "Webhook",
    "Webhooks",
    "call_data",
    "call_language",
    "default_texts",
    "languages",
    "load_agent_config",
    "parse_agent",
    "primary_language",
    "read_agent_text",
    "render_text",
    "rendered",
    "salvage_agent",
    "text_language",
    "text_of",
    "texts_problem",
]
