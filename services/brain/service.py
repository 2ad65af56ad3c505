"""The brain service of one process: opens shared resources and runs a session for each call."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from parley.circuit_breaker import CircuitBreakers
from parley.errors import ConfigError
from parley.providers.failure_reporter import config_failure
from parley.providers.llm import LlmClient
from parley.providers.pool import ProviderPool, open_default_provider, open_pool
from parley.providers.preload import agents_of_files, preload_providers
from parley.providers.realtime import RealtimeProvider
from parley.providers.registry import ProviderContext
from parley.runtime.stage import CallContext, ServeCall
from parley.telemetry.setup import Telemetry
from parley.v1.reply_pb2 import FallbackRequested
from services.brain.agent_runtime import BrainResources
from services.brain.metrics import BrainMetrics
from services.brain.session import BrainSession
from services.brain.settings import BrainSettings
from services.brain.tools.context import open_tool_resources
from services.brain.tools.mcp.pool import preload_sdk

log = structlog.get_logger()


@asynccontextmanager
async def open_service(settings: BrainSettings, telemetry: Telemetry) -> AsyncIterator[ServeCall]:
    """Open the resources that all calls of a process share; yield the function that serves one call."""
    breakers, metrics = CircuitBreakers(), BrainMetrics(telemetry.registry)
    clients: ProviderPool[LlmClient]
    realtime: ProviderPool[RealtimeProvider]
    context = ProviderContext(telemetry)
    async with (
        open_pool("llm", context) as clients,
        open_pool("realtime", context) as realtime,
        open_tool_resources(settings.postgres_url.get_secret_value(), metrics.tool_late) as resources,
    ):
        await open_default_provider(clients, "llm", settings)
        await preload_providers(clients, "llm", settings)
        await open_default_provider(realtime, "realtime", settings)
        await preload_providers(realtime, "realtime", settings)
        await preload_sdk(agents_of_files(settings))

        shared = BrainResources(clients, realtime, context.limits, breakers, resources, metrics)

        async def serve(call: CallContext) -> None:
            try:
                session = BrainSession(call, shared)
            except ConfigError as error:
                await _refuse(call, error)
                return
            await session.run()

        yield serve


async def _refuse(call: CallContext, error: ConfigError) -> None:
    """Request the fallback for a call whose agent file names an unusable provider."""
    log.error("agent_refused", agent=call.agent.name, error=str(error))
    if not call.ended and not call.log.facts.fallback_requested:
        await call.log.append(config_failure(call.agent.llm.provider, error))
        await call.log.append(FallbackRequested(reason="llm_unavailable"))
