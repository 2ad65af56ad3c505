"""Opens the clients of providers with an API of their own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from parley.providers.registry import ProviderContext
from parley.settings import read_settings
from services.brain.providers.streams.http_api import HttpApi
from services.brain.providers.streams.http_client import HttpLlmClient, open_http
from services.brain.providers.streams.model_ends import ModelEnds, configured_sections
from services.brain.settings import BrainSettings


@asynccontextmanager
async def open_native(
    api: HttpApi, settings: BrainSettings, ends: ModelEnds | None = None
) -> AsyncIterator[HttpLlmClient]:
    """Open a client of an API with the time limits of the settings."""
    async with open_http() as http:
        yield HttpLlmClient(
            api,
            http,
            token_timeout_s=settings.llm_token_timeout_s,
            tool_call_timeout_s=settings.llm_tool_call_timeout_s,
            **({"on_use": ends.use} if ends is not None else {}),
        )


@asynccontextmanager
async def open_watched(
    provider: str,
    context: ProviderContext,
    open_client: Callable[[BrainSettings, ModelEnds], AbstractAsyncContextManager[HttpLlmClient]],
) -> AsyncIterator[HttpLlmClient]:
    """Open a client as the process does, and warn of models that end while it is open."""
    settings = read_settings(BrainSettings)
    ends = ModelEnds(provider, context.telemetry.model_shutdown, configured_sections(settings, provider))
    async with open_client(settings, ends) as client, asyncio.TaskGroup() as tasks:
        watch = tasks.create_task(ends.watch(), name="check the ends of models")
        yield client
        watch.cancel()
