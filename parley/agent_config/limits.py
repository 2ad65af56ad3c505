"""The limits of a call."""

from decimal import Decimal

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
    max_tokens: int | None = Field(default=None, ge=1, le=1_000_000_000)
    """Maximum number of a call's tokens, input and output of all requests to models; `null` for no limit."""
    max_cost: Decimal | None = Field(default=None, gt=0, le=1_000_000, allow_inf_nan=False)
    """Maximum cost of a call's tokens, in the currency of `llm.price`; `null` for no limit."""
    budget_warning: TemplateText = english_text("limits.budget_warning")
    """Spoken when 80 % of the tokens or of the cost are used; empty for no warning."""
