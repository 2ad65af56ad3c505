"""Opens the provider `anthropic`, which is its entry point."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from parley.agent_config import LlmConfig
from parley.errors import ConfigError
from parley.providers.registry import ProviderContext, ProviderPlugin
from services.brain.providers.anthropic.api import MessagesApi
from services.brain.providers.anthropic.errors import PROVIDER
from services.brain.providers.anthropic.facts import FACTS
from services.brain.providers.anthropic.options import AnthropicOptions
from services.brain.providers.streams.http_client import HttpLlmClient
from services.brain.providers.streams.model_ends import ModelEnds
from services.brain.providers.streams.native_clients import open_native, open_watched
from services.brain.providers.streams.native_sections import check_native
from services.brain.providers.streams.servers import ServerSettings
from services.brain.settings import BrainSettings

ANTHROPIC_URL = "https://api.anthropic.com"


@asynccontextmanager
async def open_client(settings: BrainSettings, ends: ModelEnds | None = None) -> AsyncIterator[HttpLlmClient]:
    """Open a client. Without a key each request fails with an error that names ANTHROPIC_API_KEY."""
    servers = ServerSettings(
        own_url=ANTHROPIC_URL,
        url=settings.anthropic_base_url,
        key=settings.anthropic_api_key.get_secret_value(),
        key_env="ANTHROPIC_API_KEY",
    )
    async with open_native(MessagesApi(servers), settings, ends) as client:
        yield client


def check_config(config: LlmConfig) -> None:
    """Check the settings of `llm` that this provider treats otherwise than `openai`.

    Raises:
        ConfigError: a setting has no effect here.
    """
    check_native(config, PROVIDER)
    if config.temperature is not None and config.temperature > 1 and "temperature" in config.model_fields_set:
        raise ConfigError("llm.temperature: Anthropic accepts 0 to 1")


@asynccontextmanager
async def _open(context: ProviderContext) -> AsyncIterator[HttpLlmClient]:
    async with open_watched(PROVIDER, context, open_client) as client:
        yield client


PLUGIN = ProviderPlugin(_open, options=AnthropicOptions, check=check_config, facts=FACTS)
"""Entry point `anthropic`."""
