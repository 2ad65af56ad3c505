"""The voices of one call: each agent that serves it speaks with its own, over connections of the call."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from parley.agent_config import AgentConfig, TtsConfig
from parley.circuit_breaker import CircuitBreakers
from parley.errors import ConfigError, ProviderError, ProviderRejected
from parley.providers.fallback_chain import FallbackChain, Route
from parley.providers.latency_limits import LatencyLimits
from parley.providers.pool import ProviderPool, on_demand_pool
from parley.providers.provider_code import guarded_context, provider_code
from parley.providers.registry import audio_format_of, configs_of, route_name, transfer_options
from parley.providers.route_selector import RetryPolicy
from parley.providers.tts import TtsConnection, TtsProvider
from parley.runtime.call_agents import CallAgents
from parley.runtime.stage import CallContext
from services.tts.audio_limits import audio_limits
from services.tts.guarded_connection import GuardedConnection
from services.tts.phrase_cache import CachingConnection, PhraseCache, cache_section, cacheable_phrases
from services.tts.progress import AgentKey
from services.tts.reply_synthesis import TtsRoute
from services.tts.spoken_text.normalizer import NormalizerOptions, ReplyNormalizer
from services.tts.spoken_text.options import normalizer_options

log = structlog.get_logger()

_MIN_PREFETCH_INTERVAL_S = 2.0
_MAX_PREFETCH_INTERVAL_S = 60.0
_POLICY = RetryPolicy(same_route_first=True)
"""Retry on the same route first: a lost connection is replaced at once, which is faster than another
route."""


@dataclass(frozen=True, slots=True)
class SharedProviders:
    """Resources that all calls of a process share."""

    providers: ProviderPool[TtsProvider]
    cache: PhraseCache
    breakers: CircuitBreakers
    limits: LatencyLimits
    first_audio_timeout_s: float


@asynccontextmanager
async def open_voices(
    call: CallContext, agents: CallAgents, shared: SharedProviders
) -> AsyncIterator["Voices"]:
    """Open the voices of a call; connections open on first use and are closed at the end.

    Raises:
        ConfigError: the voice of the agent that answered the call cannot be used.
    """
    sections: dict[str, TtsConfig] = {}

    @asynccontextmanager
    async def connect(key: str) -> AsyncIterator[TtsConnection]:
        config = sections[key]
        try:
            provider = await shared.providers.get(config.provider)
            audio_format = audio_format_of("tts", config)
        except ConfigError as error:
            raise ProviderRejected(config.provider, str(error)) from None
        with provider_code(config.provider):
            opening = provider.connect(config, call.call_sid)
        async with guarded_context(config.provider, opening) as connection:
            yield GuardedConnection(config.provider, connection, audio_format)

    async with on_demand_pool(connect) as connections, asyncio.TaskGroup() as tasks:
        voices = Voices(call, agents, shared, connections, sections, tasks)
        try:
            yield voices
        finally:
            voices.close()


class Voices:
    """The routes of each agent of one call. Agents with equal sections share connections."""

    def __init__(
        self,
        call: CallContext,
        agents: CallAgents,
        shared: SharedProviders,
        connections: ProviderPool[TtsConnection],
        sections: dict[str, TtsConfig],
        tasks: asyncio.TaskGroup,
    ) -> None:
        self._call = call
        self._agents = agents
        self._shared = shared
        self._connections = connections
        self._sections = sections
        self._tasks = tasks
        self._chains: dict[AgentKey, asyncio.Task[FallbackChain[TtsRoute] | None]] = {}
        self._background: set[asyncio.Task[None]] = set()
        self._fallback = self._use(call.agent)

    def prepare(self, agent: AgentKey) -> None:
        """Load an agent, open its preferred connection and cache its phrases, in the background."""
        if any(agent) and agent not in self._chains:
            loading = self._load(agent)
            self._chains[agent] = self._tasks.create_task(loading, name=f"load the voice of {agent[0]}")

    async def chain(self, agent: AgentKey) -> FallbackChain[TtsRoute]:
        """Return the routes of an agent's voice; if it cannot be used, those of the agent that answered."""
        if not any(agent):
            return self._fallback
        self.prepare(agent)
        return await asyncio.shield(self._chains[agent]) or self._fallback

    def close(self) -> None:
        """Stop what runs in the background."""
        for task in self._background:
            task.cancel()

    async def _load(self, agent: AgentKey) -> FallbackChain[TtsRoute] | None:
        try:
            found = await self._agents.find(*agent)
            return self._use(found.config)
        except ConfigError as error:
            log.error("agent_voice_not_used", agent=agent[0], error=str(error))
            # The next reply tries again.
            self._chains.pop(agent, None)
            return None

    def _use(self, agent: AgentConfig) -> FallbackChain[TtsRoute]:
        """Build the routes of an agent's voice, and begin to warm it up.

        Raises:
            ConfigError: a provider is not installed or refuses its options.
        """
        configs = configs_of("tts", agent.tts)
        transfers = transfer_options("tts", configs[0].provider)
        keys = [self._key(config) for config in configs]
        self._background.add(
            self._tasks.create_task(self._warm_up(agent, keys[0], configs[0]), name="prefetch phrases")
        )
        return FallbackChain(
            "tts",
            self._call.call_sid,
            agent.name,
            [
                self._route(
                    key,
                    config,
                    cache_section(config, configs[0], transfers),
                    normalizer_options(agent, config),
                )
                for key, config in zip(keys, configs, strict=True)
            ],
            self._shared.breakers,
            self._call.telemetry,
            report=self._call.log.append,
            report_each=False,
            policy=_POLICY,
        )

    def _key(self, config: TtsConfig) -> str:
        """The key of the connection for a section: equal sections have the same."""
        for key, section in self._sections.items():
            if section == config:
                return key
        key = f"{route_name(config)} {len(self._sections)}"
        self._sections[key] = config
        return key

    def _route(
        self, key: str, config: TtsConfig, cached_as: TtsConfig, normalization: NormalizerOptions
    ) -> Route[TtsRoute]:
        shared = self._shared
        connection = CachingConnection(lambda: self._connections.get(key), shared.cache, cached_as)
        limits = audio_limits(shared.limits, config.provider, config.model, shared.first_audio_timeout_s)
        target = TtsRoute(config.provider, connection, limits, normalization)
        return Route(route_name(config), config.provider, config.model, target)

    async def _warm_up(self, agent: AgentConfig, key: str, config: TtsConfig) -> None:
        characters = self._call.telemetry.usage.tts_characters.labels(
            agent=agent.name, provider=config.provider, model=config.model
        )
        phrases = _spoken_phrases(agent, config)
        try:
            await self._connections.get(key)
        except ProviderError as error:
            log.warning("tts_connection_failed", route=key, code=error.code, reason=error.reason)
            return
        interval_s = _MIN_PREFETCH_INTERVAL_S
        while not await self._shared.cache.prefetch(
            lambda: self._connections.get(key), config, phrases, lambda text: characters.inc(len(text))
        ):
            await asyncio.sleep(interval_s)
            interval_s = min(interval_s * 2, _MAX_PREFETCH_INTERVAL_S)


def _spoken_phrases(agent: AgentConfig, config: TtsConfig) -> tuple[str, ...]:
    """The fixed texts in the form that the provider receives, by which they are cached."""
    options = normalizer_options(agent, config)
    spoken = (ReplyNormalizer(options).feed(phrase).text for phrase in cacheable_phrases(agent))
    return tuple(text for text in spoken if text)
