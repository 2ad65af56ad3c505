"""The agent file as a whole."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, model_validator

from parley.agent_config.failures import Fallback, Reconnect
from parley.agent_config.greeting import Greeting, GreetingSetting
from parley.agent_config.idle import Idle
from parley.agent_config.language import AgentLanguage, with_language_defaults
from parley.agent_config.llm import LlmConfig
from parley.agent_config.section import Section
from parley.agent_config.stt import SttConfig
from parley.agent_config.texts.defaults import ENGLISH, english_text
from parley.agent_config.tools import EndCallTool, ToolSection, duplicate_name
from parley.agent_config.tts import TtsConfig
from parley.agent_config.turn_taking import DtmfConfig, Fillers, Openers, TurnTaking


class AgentConfig(Section):
    """The content of a file in the agents folder."""

    name: str = ""
    prompt: str = Field(min_length=1)
    """The system prompt."""
    greeting: GreetingSetting = Greeting()
    """The first reply, or its text; empty to let the caller begin."""
    language: AgentLanguage = ENGLISH
    """The language that the agent speaks, such as `de` or `pt-BR`: the language of the default texts, and of
    `stt` and `tts` unless they name another. Defaults to theirs."""
    apology: str = Field(default=english_text("apology"), min_length=1)
    """The reply when no model has answered."""
    unavailable: str = Field(default=english_text("unavailable"), min_length=1)
    """Announced by Twilio instead of a call that cannot be answered."""
    stt: SttConfig = SttConfig()
    llm: LlmConfig = LlmConfig()
    tts: TtsConfig = TtsConfig()
    turn_taking: TurnTaking = TurnTaking()
    openers: Openers = Openers()
    fillers: Fillers = Fillers()
    dtmf: DtmfConfig = DtmfConfig()
    tools: tuple[ToolSection, ...] = (EndCallTool(),)
    reconnect: Reconnect = Reconnect()
    fallback: Fallback = Fallback()
    idle: Idle = Idle()
    max_call_s: float = Field(default=1800.0, gt=0, le=86_400)
    """Maximum length of a call; the caller is warned 30 s before."""
    max_call_warning: str = english_text("max_call_warning")

    def tool_fillers(self, name: str) -> tuple[str, ...]:
        """Return the phrases while a tool runs, in order; empty to play none."""
        own = next((tool.filler for tool in self.tools if tool.has_tool(name)), None)
        if own is None:
            return self.fillers.tool_phrases
        return (*own, *self.fillers.tool_phrases[len(own) :]) if own else ()

    @model_validator(mode="before")
    @classmethod
    def _apply_language(cls, data: Any) -> Any:
        return with_language_defaults(data) if isinstance(data, Mapping) else data

    @model_validator(mode="after")
    def _check_tool_names(self) -> Self:
        if name := duplicate_name(self.tools):
            raise ValueError(f"tools: names must be unique, and two tools are named {name}")
        return self
