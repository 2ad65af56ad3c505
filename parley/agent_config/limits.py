"""The limits of a call."""

from pydantic import Field

from parley.agent_config.section import Section
from parley.agent_config.templates.text import TemplateText
from parley.agent_config.texts.defaults import english_text


class Limits(Section):
    """Limits of a call; when one is reached, the agent speaks `idle.goodbye` and hangs up."""

    max_call_s: float = Field(default=1800.0, gt=0, le=86_400)
    """Maximum length of a call in seconds."""
    warning: TemplateText = english_text("limits.warning")
    """Spoken 30 s before the maximum length; empty for no warning."""
