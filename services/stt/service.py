"""The stt service of one process: opens shared resources and serves each call."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import cast

import structlog

from parley.agent_config import AgentConfig, SttConfig
from parley.circuit_breaker import CircuitBreakers
from parley.errors import ConfigError
from parley.providers.failure_reporter import config_failure
from parley.providers.fallback_chain import FallbackChain, Route
from parley.providers.latency_limits import LatencyLimits
from parley.providers.pool import ProviderPool, open_default_provider, open_pool
from parley.providers.preload import preload_providers
from parley.providers.registry import ProviderContext, audio_format_of, configs_of, route_name
from parley.providers.stt import SttProvider
from parley.runtime.stage import CallContext, ServeCall
from parley.telemetry.setup import Telemetry
from parley.v1.reply_pb2 import FallbackRequested
from parley.v1.work_pb2 import StageReleased
from services.stt.end_of_turn.turn_model import TurnModel, open_turn_model
from services.stt.next_listener import Listener
from services.stt.provider_connection import CONNECTION_POLICY
from services.stt.session import TranscriptionSession
from services.stt.settings import SttSettings
from services.stt.silero import VadPool
from services.stt.stt_route import SttRoute, answer_limits

log = structlog.get_logger()

_OPEN_TIMEOUT_S = 5.0
_LAST_WORDS_MS = 5000
"""The recorder waits no longer for them after the end of the call."""
_MAX_OPEN_ATTEMPTS = 3
"""Number of owners that try to open a provider for a call: another process may have a missing setting."""


@dataclass(frozen=True, slots=True)
class SttService:
    """Providers, circuit breakers and detectors that the calls of a process share."""

    providers: ProviderPool[SttProvider]
    limits: LatencyLimits
    turn_model: TurnModel | None = None
    breakers: CircuitBreakers = field(default_factory=CircuitBreakers)
    detectors: VadPool = field(default_factory=VadPool)

    async def transcribe(self, call: CallContext) -> None:
        """Serve a call until it ends.

        Raises:
            ConfigError: no provider of the agent file can be used; another process may succeed.
        """
        try:
            listener = await self._current_listener(call)
        except ConfigError as error:
            await _refuse(call, error)
            if call.log.epoch < _MAX_OPEN_ATTEMPTS:
                raise
            return
        with self.detectors.acquire() as detector:
            await TranscriptionSession(
                call,
                listener.chain,
                detector,
                section=listener.section,
                provider_detects_turns=listener.provider_detects_turns,
                turn_model=self.turn_model,
                open_listener=partial(self._listener, call),
            ).run()

    async def _current_listener(self, call: CallContext) -> Listener:
        """Open the providers of the agent that serves the call, or else of the one that answered it.

        Raises:
            ConfigError: neither can be used.
        """
        facts = call.log.facts
        if facts.agent or facts.language:
            try:
                found = await call.call_agents.find(facts.agent, facts.agent_version, facts.language)
                return await self._listener(call, found.config)
            except ConfigError as error:
                log.error("agent_stt_not_used", agent=facts.agent, error=str(error))
        return await self._listener(call, call.agent)

    async def _listener(self, call: CallContext, agent: AgentConfig) -> Listener:
        routes = await self.routes(agent.stt)
        chain = FallbackChain(
            "stt",
            call.call_sid,
            agent.name,
            routes,
            self.breakers,
            call.telemetry,
            report=call.log.append,
            policy=CONNECTION_POLICY,
        )
        return Listener(agent.stt, chain, routes[0].target.detects_turns)

    async def routes(self, section: SttConfig) -> list[Route[SttRoute]]:
        """The agent's providers that can be used, in order of preference; at least one.

        Raises:
            ConfigError: no provider can be used.
        """
        routes: list[Route[SttRoute]] = []
        failure: ConfigError | None = None
        for config in configs_of("stt", section):
            try:
                provider = await self._open(config.provider)
                audio_format = audio_format_of("stt", config)
                target = SttRoute(provider, config, answer_limits(self.limits, config), audio_format)
            except ConfigError as error:
                log.error("provider_not_available", provider=config.provider, reason=str(error))
                failure = failure or error
            else:
                routes.append(Route(route_name(config), config.provider, config.model, target))
        if not routes:
            raise failure or ConfigError("stt: no provider is configured")
        return routes

    async def _open(self, name: str) -> SttProvider:
        try:
            async with asyncio.timeout(_OPEN_TIMEOUT_S):
                return await self.providers.get(name)
        except TimeoutError:
            raise ConfigError(f"provider {name!r} did not open within {_OPEN_TIMEOUT_S:g} s") from None


async def _refuse(call: CallContext, error: ConfigError) -> None:
    """Report that no provider can be used, and request the fallback if the last attempt has failed.

    The brain would not request it: without stt it does not learn that the caller is speaking.
    """
    log.error("agent_refused", agent=call.agent.name, error=str(error))
    await call.log.append(config_failure(call.agent.stt.provider, error))
    if call.log.epoch >= _MAX_OPEN_ATTEMPTS and not call.log.facts.fallback_requested:
        await call.log.append(FallbackRequested(reason="stt_unavailable"))


@asynccontextmanager
async def open_stt(settings: SttSettings, telemetry: Telemetry) -> AsyncIterator[SttService]:
    """Open the resources that the calls of a process share.

    Raises:
        ConfigError: the default agent's provider is unknown, or one of its settings is wrong.
    """
    context = ProviderContext(telemetry)
    with open_turn_model(settings.turn_model) as turn_model:
        async with open_pool("stt", context) as pool:
            # mypy cannot infer the type variable of a generic context manager.
            providers = cast("ProviderPool[SttProvider]", pool)
            await open_default_provider(providers, "stt", settings)
            await preload_providers(providers, "stt", settings)
            yield SttService(providers, context.limits, turn_model)


def may_transcribe(call: CallContext) -> bool:
    """Whether a call is in progress, or has ended so recently that its last words may be missing."""
    ended = call.log.facts.ended
    if ended is None:
        return True
    ended_ms = call.log.clock.ms_at(ended.sent_at_us)
    return not call.log.facts.recorded and call.log.now_ms() - ended_ms < _LAST_WORDS_MS


@asynccontextmanager
async def open_service(settings: SttSettings, telemetry: Telemetry) -> AsyncIterator[ServeCall]:
    """Open the service of one process; yields the function that serves one call."""
    async with open_stt(settings, telemetry) as service:

        async def serve(call: CallContext) -> None:
            # A speech-to-speech model transcribes itself; the brain owns its session.
            if not call.agent.is_realtime and may_transcribe(call):
                await service.transcribe(call)
            # The recorder waits for this, because the caller's last words may follow `call.ended`.
            await call.log.append(StageReleased(reason="finished"))

        yield serve
