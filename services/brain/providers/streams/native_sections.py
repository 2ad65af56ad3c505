"""Checks a section of the agent file for a provider with an API of its own."""

from parley.agent_config import LlmConfig
from parley.errors import ConfigError


def check_native(config: LlmConfig, provider: str) -> None:
    """Check that no setting is only the provider `openai`'s.

    Raises:
        ConfigError: the text names the key and the remedy.
    """
    if config.api != "auto":
        raise ConfigError(f"llm.api: {provider} has one API only; leave it out")
    if config.profile:
        raise ConfigError(f"llm.profile: only the provider openai has profiles, not {provider}; leave it out")
