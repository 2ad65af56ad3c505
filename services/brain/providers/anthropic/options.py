"""`llm.options` of the provider `anthropic` in the agent file."""

from typing import Annotated, Literal

from pydantic import Field

from services.brain.providers.streams.options import ServerOptions


class AnthropicOptions(ServerOptions):
    """`llm.options`: the server, and what only this API has."""

    prompt_cache: Literal["5m", "1h", "off"] = "5m"
    """How long Anthropic keeps the tools, the prompt and the conversation for the next request."""
    betas: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,100}$")], ...] = ()
    """Values of the header `anthropic-beta`."""
