"""The models that a call can use: the section of the agent file, then its fallbacks."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from parley.agent_config import LlmConfig
from parley.errors import ConfigError, ProviderRejected, ProviderTimeout
from parley.providers.fallback_chain import Route
from parley.providers.latency_limits import LatencyKey, LatencyLimit, LatencyLimits, LimitRange
from parley.providers.llm import LlmClient
from parley.providers.pool import ProviderPool
from parley.providers.registry import configs_of, route_name
from services.brain.generation.guarded_client import GuardedClient
from services.brain.generation.time_budget import FIRST_SHARE

_FLOOR_S = 1.0
"""A fast model, too, may need this long now and then."""


@dataclass(frozen=True, slots=True)
class LlmRoute:
    """A model and the provider that serves it."""

    config: LlmConfig
    clients: ProviderPool[LlmClient]
    first_content: LatencyLimit
    """Limit from a request to the first text or tool call, learned from the model's latency."""

    @property
    def is_slow(self) -> bool:
        """Whether a second request to the model would have too little time."""
        return self.first_content.limit_s() > self.config.timeout_s * FIRST_SHARE

    async def client(self) -> LlmClient:
        """Return the provider's client, opened on first use.

        Raises:
            ProviderRejected: it cannot be opened with its current settings.
            ProviderTimeout: it does not open within the time limit for the first token.
        """
        name, timeout_s = self.config.provider, self.config.timeout_s
        try:
            async with asyncio.timeout(timeout_s):
                return GuardedClient(name, await self.clients.get(name))
        except ConfigError as error:
            raise ProviderRejected(name, str(error)) from None
        except TimeoutError:
            raise ProviderTimeout(name, f"the provider did not open within {timeout_s:g} s") from None


def first_content_range(config: LlmConfig) -> LimitRange:
    """The range of the learned limit, in seconds: it never exceeds the time that the caller may wait.

    Before enough is measured the model counts as slow: the first requests of a process often are.
    """
    return LimitRange(min(_FLOOR_S, config.timeout_s), config.timeout_s, config.timeout_s)


def build_routes(
    llm: LlmConfig, clients: ProviderPool[LlmClient], limits: LatencyLimits
) -> Sequence[Route[LlmRoute]]:
    """Return the routes of an agent in order of preference.

    Raises:
        ConfigError: a provider is not installed or refuses its options.
    """
    return [
        Route(
            route_name(config),
            config.provider,
            config.model,
            LlmRoute(config, clients, _limit(config, limits)),
        )
        for config in configs_of("llm", llm)
    ]


def _limit(config: LlmConfig, limits: LatencyLimits) -> LatencyLimit:
    region = urlsplit(str(config.options.get("base_url", ""))).hostname or ""
    key = LatencyKey(config.provider, config.model, region, "first_content")
    return limits.get(key, first_content_range(config))
