"""The agent that serves a call, as its realtime session needs it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from parley.agent_config import AgentConfig, RealtimeConfig
from parley.errors import ConfigError, ProviderRejected
from parley.providers.fallback_chain import FallbackChain, Route
from parley.providers.latency_limits import LatencyLimits
from parley.providers.pool import ProviderPool
from parley.providers.realtime import RealtimeProvider
from parley.providers.registry import configs_of, route_name
from parley.providers.route_selector import RetryPolicy
from services.brain.realtime.response_limits import ResponseLimits, response_limits

SESSION_POLICY = RetryPolicy(max_attempts=None, forget_after_s=10.0, healthy_after_s=10.0)
"""A session is replaced until the call ends; for 10 s after a failure another route is preferred."""


@dataclass(frozen=True, slots=True)
class RealtimeRoute:
    """A provider and the section of the agent file that configures it."""

    config: RealtimeConfig
    providers: ProviderPool[RealtimeProvider]
    limits: ResponseLimits

    async def provider(self) -> RealtimeProvider:
        """Return the provider, opened on first use.

        Raises:
            ProviderRejected: it cannot be opened with its current settings.
        """
        try:
            return await self.providers.get(self.config.provider)
        except ConfigError as error:
            raise ProviderRejected(self.config.provider, str(error)) from None


RealtimeChain: TypeAlias = FallbackChain[RealtimeRoute]


@dataclass(frozen=True, slots=True)
class RealtimeAgent:
    """The agent that serves the call at present."""

    config: AgentConfig
    chain: RealtimeChain
    tools: Callable[[], Sequence[dict[str, Any]]]
    """Returns the definitions of the tools."""
    words_first: bool
    """Whether an answer needs the caller's words, to search documents for them."""


def languages_of(agent: AgentConfig) -> Sequence[str]:
    """Return the languages that the caller may speak, the present one first."""
    return tuple(dict.fromkeys((agent.language, *agent.spoken_languages)))


def realtime_routes(
    section: RealtimeConfig, providers: ProviderPool[RealtimeProvider], limits: LatencyLimits
) -> Sequence[Route[RealtimeRoute]]:
    """Return the routes of an agent in order of preference.

    Raises:
        ConfigError: a provider is not installed or refuses its options.
    """
    return [
        Route(
            route_name(config),
            config.provider,
            config.model,
            RealtimeRoute(
                config, providers, response_limits(limits, config.provider, config.model, section.timeout_s)
            ),
        )
        for config in configs_of("realtime", section)
    ]
