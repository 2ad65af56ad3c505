"""Opens the provider `openai`, which is its entry point."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import openai
from openai import AsyncOpenAI

from parley.agent_config import LlmConfig
from parley.providers.registry import ProviderContext, ProviderPlugin
from parley.settings import read_settings
from services.brain.providers.openai.answers import Answers
from services.brain.providers.openai.client import OpenAIClient
from services.brain.providers.openai.errors import PROVIDER
from services.brain.providers.openai.facts import FACTS
from services.brain.providers.openai.options import OpenAIOptions
from services.brain.providers.openai.profiles import load_profiles
from services.brain.providers.openai.servers import NO_KEY, OPENAI_URL, Servers
from services.brain.providers.openai.shutdown_dates import ShutdownDates
from services.brain.providers.streams.model_ends import configured_sections
from services.brain.providers.streams.warm_servers import CONNECT_TIMEOUT_S
from services.brain.settings import BrainSettings

_KEEPALIVE_S = 120.0
"""Idle time before a connection closes; with the default of 5 s most turns would open a new one."""


_MAX_REDIRECTS = 3


@asynccontextmanager
async def open_client(settings: BrainSettings) -> AsyncIterator[OpenAIClient]:
    """Open a client. Without a key each request fails with an error that names OPENAI_API_KEY."""
    async with _open_servers(settings) as servers:
        yield OpenAIClient(servers, load_profiles(), _answers(settings))


def _answers(settings: BrainSettings) -> Answers:
    return Answers(settings.llm_token_timeout_s, settings.llm_tool_call_timeout_s)


@asynccontextmanager
async def _open_servers(settings: BrainSettings) -> AsyncIterator[Servers]:
    limits = httpx2.Limits(max_connections=1000, max_keepalive_connections=200, keepalive_expiry=_KEEPALIVE_S)
    async with AsyncOpenAI(
        http_client=openai.DefaultAsyncHttpx2Client(limits=limits, max_redirects=_MAX_REDIRECTS),
        api_key=settings.openai_api_key.get_secret_value() or NO_KEY,
        base_url=settings.openai_base_url or OPENAI_URL,
        max_retries=0,
        timeout=openai.Timeout(30.0, connect=CONNECT_TIMEOUT_S),
    ) as client:
        yield Servers(client, settings)


def check_config(config: LlmConfig) -> None:
    """Check the settings of `llm` that only this provider has.

    Raises:
        ConfigError: there is no profile of the name in `llm.profile`.
    """
    load_profiles().select("", config.model, config.profile)


@asynccontextmanager
async def _open(context: ProviderContext) -> AsyncIterator[OpenAIClient]:
    settings = read_settings(BrainSettings)
    async with _open_servers(settings) as servers, asyncio.TaskGroup() as tasks:
        dates = ShutdownDates(
            servers, context.telemetry.model_shutdown, configured_sections(settings, PROVIDER)
        )
        watch = tasks.create_task(dates.watch(), name="check the ends of models")
        yield OpenAIClient(servers, load_profiles(), _answers(settings), dates.use)
        watch.cancel()


PLUGIN = ProviderPlugin(_open, options=OpenAIOptions, check=check_config, facts=FACTS)
"""Entry point `openai`."""
