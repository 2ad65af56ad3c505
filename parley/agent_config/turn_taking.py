"""Backchannels and pauses of the caller, openers, fillers and pressed digits."""

from typing import Literal

from pydantic import Field

from parley.agent_config.section import Section
from parley.agent_config.templates.text import TemplateText
from parley.agent_config.texts.defaults import english_phrases


class TurnTaking(Section):
    """Utterances of the caller that take no turn."""

    backchannels: tuple[str, ...] = ()
    """Words in addition to those of the language, such as "roger", that do not interrupt the agent."""
    hold_phrases: tuple[str, ...] = ()
    """Requests to wait in addition to those of the language, such as "two ticks"."""
    hold_s: float = Field(default=60.0, gt=0, le=3600)
    """Silence granted after a request to wait; then the idle prompts follow."""


class Openers(Section):
    """Short beginnings of an answer, cached as audio and played while the answer is generated."""

    enabled: bool = False
    statements: tuple[TemplateText, ...] = english_phrases("openers.statements")
    """After a statement or a request of the caller."""
    questions: tuple[TemplateText, ...] = english_phrases("openers.questions")
    """After a question."""
    max_fraction: float = Field(default=0.6, ge=0, le=1)
    """Maximum fraction of answers that begin with an opener."""


class Fillers(Section):
    """Phrases that are played while the model or a tool is slow."""

    after_ms: int = Field(default=1500, ge=300, le=20_000)
    """Delay after the end of the turn; another phrase follows after the same delay in silence."""
    phrases: tuple[TemplateText, ...] = english_phrases("fillers.phrases")
    """Empty to play none while the model is slow."""
    tool_after_ms: int = Field(default=200, ge=0, le=20_000)
    """Silence after which the first two fillers for a running tool follow; later ones have longer pauses."""
    tool_phrases: tuple[TemplateText, ...] = english_phrases("fillers.tool_phrases")
    """In this order while a tool runs; empty to play none. A tool of the agent file may have its own."""


class DtmfConfig(Section):
    """Digits that the caller presses, collected into one input for the model."""

    terminator: Literal["#", "*", ""] = "#"
    """The digit that ends an input."""
    inter_digit_timeout_ms: int = Field(default=3000, ge=500, le=30_000)
    """Time without a digit that also ends an input."""
