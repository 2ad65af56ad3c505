"""Prompts during silence."""

from pydantic import Field

from parley.agent_config.section import Section


class Idle(Section):
    """Behaviour while neither side speaks."""

    timeout_s: float = Field(default=8.0, gt=0, le=300)
    """Silence before each prompt."""
    prompts: tuple[str, ...] = ("Are you still there?",)
    """Used one after another, then the goodbye is played."""
    goodbye: str = "I will hang up now. Goodbye."
