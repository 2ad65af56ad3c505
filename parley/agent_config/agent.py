"""The agent file as a whole."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, ModelWrapValidatorHandler, PrivateAttr, ValidationError, model_validator

from parley.agent_config.collect import SAVE_DATA_NAME, CollectedField, collect_problem
from parley.agent_config.failures import Fallback, Reconnect
from parley.agent_config.greeting import Greeting, GreetingSetting
from parley.agent_config.handoffs import HAND_OFF_NAME, HandOff, handoffs_problem
from parley.agent_config.idle import Idle
from parley.agent_config.language import SWITCH_LANGUAGE_NAME, AgentLanguage, with_language_defaults
from parley.agent_config.language_variants import read_variants, with_problems_of_variants
from parley.agent_config.limits import Limits
from parley.agent_config.llm import LlmConfig, prices_problem
from parley.agent_config.located import located
from parley.agent_config.numbers import NumberSetting
from parley.agent_config.realtime import (
    CASCADE,
    REALTIME,
    Mode,
    RealtimeConfig,
    prices_of_realtime_problem,
    without_phrases,
)
from parley.agent_config.section import Section
from parley.agent_config.stt import SttConfig
from parley.agent_config.templates.text import TemplateText
from parley.agent_config.texts.defaults import ENGLISH, english_text
from parley.agent_config.timezone import TimeZone
from parley.agent_config.tools import EndCallTool, ToolSection, duplicate_name
from parley.agent_config.transfer_texts import TransferTexts
from parley.agent_config.tts import TtsConfig
from parley.agent_config.turn_taking import DtmfConfig, Fillers, Openers, TurnTaking
from parley.agent_config.webhooks import Webhooks


class AgentConfig(Section):
    """The content of a file in the agents folder."""

    name: str = ""
    prompt: TemplateText = Field(min_length=1)
    """The system prompt."""
    consent: TemplateText = ""
    """A legal notice, such as that the call is recorded: spoken whole, before the greeting."""
    greeting: GreetingSetting = Greeting()
    """The first reply, or its text; empty to let the caller begin."""
    language: AgentLanguage = ENGLISH
    """The language that the agent speaks, such as `de` or `pt-BR`: the language of the default texts, and of
    `stt` and `tts` unless they name another. Defaults to theirs."""
    languages: dict[AgentLanguage, dict[str, Any]] = Field(default_factory=dict)
    """Further languages of the agent, each with the keys of this file that are different in it."""
    timezone: TimeZone = "UTC"
    """IANA name of the zone of `now` and `today` in texts, such as `Europe/Berlin`."""
    language_detection: bool = True
    """Whether the agent changes to another of its languages when the caller speaks it."""
    numbers: tuple[NumberSetting, ...] = ()
    """Phone numbers whose calls the agent answers, if the webhook names no agent."""
    apology: TemplateText = Field(default=english_text("apology"), min_length=1)
    """The reply when no model has answered."""
    unavailable: TemplateText = Field(default=english_text("unavailable"), min_length=1)
    """Announced by Twilio instead of a call that cannot be answered."""
    mode: Mode = CASCADE
    """`cascade`: `stt`, `llm` and `tts`, each with a provider of its own. `realtime`: one speech-to-speech
    model in place of all three."""
    stt: SttConfig = SttConfig()
    llm: LlmConfig = LlmConfig()
    tts: TtsConfig = TtsConfig()
    turn_taking: TurnTaking = TurnTaking()
    openers: Openers = Openers()
    fillers: Fillers = Fillers()
    dtmf: DtmfConfig = DtmfConfig()
    tools: tuple[ToolSection, ...] = (EndCallTool(),)
    handoffs: tuple[HandOff, ...] = ()
    """The agents that may take the call over; they give the agent the tool `hand_off`."""
    collect: tuple[CollectedField, ...] = ()
    """The data that the agent collects from the caller; these give it the tool `save_data`."""
    webhooks: Webhooks = Webhooks()
    """Requests to systems of the user's own."""
    reconnect: Reconnect = Reconnect()
    fallback: Fallback = Fallback()
    transfer: TransferTexts = TransferTexts()
    idle: Idle = Idle()
    limits: Limits = Limits()
    realtime: RealtimeConfig = RealtimeConfig()
    """The speech-to-speech model of `mode: realtime`."""

    _variants: dict[str, "AgentConfig"] = PrivateAttr(default_factory=dict)
    """The agent in each of `languages`."""
    _spoken: tuple[str, ...] = PrivateAttr(default=())
    """All languages of the file that this agent is a variant of."""

    def tool_fillers(self, name: str) -> tuple[str, ...]:
        """Return the phrases while a tool runs, in order; empty to play none."""
        if self.is_realtime:
            return ()
        own = next((tool.filler for tool in self.tools if tool.has_tool(name)), None)
        if own is None:
            return self.fillers.tool_phrases
        return (*own, *self.fillers.tool_phrases[len(own) :]) if own else ()

    @property
    def is_realtime(self) -> bool:
        """Whether a speech-to-speech model serves the agent's calls."""
        return self.mode == REALTIME

    @property
    def openings(self) -> tuple[Greeting, ...]:
        """The first replies: the consent line, which is played whole, and the greeting."""
        consent = self.consent.strip()
        if not consent:
            return (self.greeting,)
        # Not validated: the texts are rendered already.
        whole = self.greeting.model_copy(update={"text": consent, "interruptible": False})
        if self.greeting.interruptible and self.greeting.text.strip():
            return (whole, self.greeting)
        return (whole.model_copy(update={"text": f"{consent} {self.greeting.text}".strip()}),)

    @property
    def spoken_languages(self) -> tuple[str, ...]:
        """All languages that the agent speaks, its first one first: the same for each of its variants."""
        return self._spoken or (self.language, *self.languages)

    def in_language(self, language: str) -> "AgentConfig":
        """Return the agent in one of its languages; itself for any other."""
        return self._variants.get(language, self)

    @model_validator(mode="wrap")
    @classmethod
    def _apply_languages(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(data, Mapping):
            return handler(data)
        try:
            agent = handler(with_language_defaults(without_phrases(data)))
        except ValidationError as error:
            raise with_problems_of_variants(error, cls.model_validate, data) from None
        variants = read_variants(cls.model_validate, data, agent.languages)
        agent._variants.update(variants)  # noqa: SLF001 - of this class
        for variant in variants.values():
            variant._spoken = agent.spoken_languages  # noqa: SLF001 - as above
        return agent

    @model_validator(mode="after")
    def _check_languages(self) -> Self:
        if self.language in self.languages:
            raise ValueError(f"languages.{self.language}: it is the language of the agent itself; remove it")
        numbers = [entry.number for entry in self.numbers]
        if len(set(numbers)) < len(numbers):
            raise ValueError("numbers: each number may be named once")
        spoken = (self.language, *self.languages)
        for entry in self.numbers:
            if entry.language is not None and entry.language not in spoken:
                raise ValueError(
                    f"numbers: {entry.number} has the language {entry.language}, which is not in `languages`"
                )
        return self

    @model_validator(mode="after")
    def _check_cost_limit(self) -> Self:
        problem = prices_problem(self.llm)
        if self.is_realtime:
            of_notes = self.llm.price.currency if self.llm.price is not None else None
            problem = prices_of_realtime_problem(self.realtime, of_notes) or problem
        if self.limits.max_cost is not None and problem:
            error = located(("limits", "max_cost"), problem)
            raise ValidationError.from_exception_data(type(self).__name__, [error])
        return self

    @model_validator(mode="after")
    def _check_tool_names(self) -> Self:
        if name := duplicate_name(self.tools):
            raise ValueError(f"tools: names must be unique, and two tools are named {name}")
        return self

    @model_validator(mode="after")
    def _check_handoffs_and_data(self) -> Self:
        if problem := handoffs_problem(self.handoffs, self.name) or collect_problem(self.collect):
            raise ValueError(problem)
        names = {name for tool in self.tools for name in tool.tool_names}
        if self.handoffs and HAND_OFF_NAME in names:
            raise ValueError(f"tools: {HAND_OFF_NAME} is the tool that `handoffs` adds")
        if self.languages and SWITCH_LANGUAGE_NAME in names:
            raise ValueError(f"tools: {SWITCH_LANGUAGE_NAME} is the tool that `languages` adds")
        if self.collect and SAVE_DATA_NAME in names:
            raise ValueError(f"tools: {SAVE_DATA_NAME} is the tool that `collect` adds")
        return self
