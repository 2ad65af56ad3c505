"""An agent: its prompt and how it transcribes, answers and speaks; read from a YAML file and validated."""

from parley.agent_config.agent import AgentConfig
from parley.agent_config.failures import Fallback, Reconnect
from parley.agent_config.greeting import Greeting
from parley.agent_config.idle import Idle
from parley.agent_config.llm import History, LlmConfig, Speculation
from parley.agent_config.loading import load_agent_config, parse_agent, read_agent_text
from parley.agent_config.missing_texts import text_language, text_of, texts_problem
from parley.agent_config.provider_section import ProviderSection
from parley.agent_config.salvage import salvage_agent
from parley.agent_config.section import AutoSwitch
from parley.agent_config.stt import SttConfig
from parley.agent_config.texts.defaults import default_texts, languages, primary_language
from parley.agent_config.tools import EndCallTool, HttpTool, ToolBase, ToolSection
from parley.agent_config.tts import TtsConfig
from parley.agent_config.turn_taking import DtmfConfig, Fillers, Openers, TurnTaking

__all__ = [
    "AgentConfig",
    "AutoSwitch",
    "DtmfConfig",
    "EndCallTool",
    "Fallback",
    "Fillers",
    "Greeting",
    "History",
    "HttpTool",
    "Idle",
    "LlmConfig",
    "Openers",
    "ProviderSection",
    "Reconnect",
    "Speculation",
    "SttConfig",
    "ToolBase",
    "ToolSection",
    "TtsConfig",
    "TurnTaking",
    "default_texts",
    "languages",
    "load_agent_config",
    "parse_agent",
    "primary_language",
    "read_agent_text",
    "salvage_agent",
    "text_language",
    "text_of",
    "texts_problem",
]
