"""Opens the provider `gemini`, which is its entry point."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from parley.agent_config import LlmConfig
from parley.errors import ConfigError
from parley.providers.registry import ProviderContext, ProviderPlugin
from services.brain.providers.gemini.api import GenerateContentApi
from services.brain.providers.gemini.errors import PROVIDER
from services.brain.providers.gemini.facts import FACTS
from services.brain.providers.gemini.models import path_problem
from services.brain.providers.streams.http_client import HttpLlmClient
from services.brain.providers.streams.model_ends import ModelEnds
from services.brain.providers.streams.native_clients import open_native, open_watched
from services.brain.providers.streams.native_sections import check_native
from services.brain.providers.streams.options import ServerOptions
from services.brain.providers.streams.servers import ServerSettings
from services.brain.settings import BrainSettings

GEMINI_URL = "https://generativelanguage.googleapis.com"


@asynccontextmanager
async def open_client(settings: BrainSettings, ends: ModelEnds | None = None) -> AsyncIterator[HttpLlmClient]:
    """Open a client. Without a key each request fails with an error that names GEMINI_API_KEY."""
    servers = ServerSettings(
        own_url=GEMINI_URL,
        url=settings.gemini_base_url,
        key=settings.gemini_api_key.get_secret_value(),
        key_env="GEMINI_API_KEY",
    )
    async with open_native(GenerateContentApi(servers), settings, ends) as client:
        yield client


def check_config(config: LlmConfig) -> None:
    """Check the settings of `llm` that this provider treats otherwise than `openai`.

    Raises:
        ConfigError: a setting has no effect here, or the model's path cannot be one.
    """
    check_native(config, PROVIDER)
    if problem := path_problem(config.model):
        raise ConfigError(f"llm.model: {problem}")


@asynccontextmanager
async def _open(context: ProviderContext) -> AsyncIterator[HttpLlmClient]:
    async with open_watched(PROVIDER, context, open_client) as client:
        yield client


PLUGIN = ProviderPlugin(_open, options=ServerOptions, check=check_config, facts=FACTS)
"""Entry point `gemini`."""
