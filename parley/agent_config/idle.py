"""Prompts during silence."""

from pydantic import Field

from parley.agent_config.section import Section
from parley.agent_config.templates.text import TemplateText
from parley.agent_config.texts.defaults import english_phrases, english_text


class Idle(Section):
    """Behaviour while neither side speaks."""

    timeout_s: float = Field(default=8.0, gt=0, le=300)
    """Silence before each prompt."""
    prompts: tuple[TemplateText, ...] = english_phrases("idle.prompts")
    """Used one after another, then the goodbye is played."""
    goodbye: TemplateText = english_text("idle.goodbye")
