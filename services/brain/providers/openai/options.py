"""`llm.options` of the provider `openai` in the agent file."""

from services.brain.providers.streams.options import ServerOptions


class OpenAIOptions(ServerOptions):
    """`llm.options`: the base address with `/v1`, and the key's variable."""
