"""The models that a call can use: the section of the agent file, then its fallbacks."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from parley.agent_config import LlmConfig
from parley.errors import ConfigError, ProviderRejected, ProviderTimeout
from parley.providers.fallback_chain import Route
from parley.providers.llm import LlmClient
from parley.providers.pool import ProviderPool
from parley.providers.registry import configs_of, route_name
from services.brain.generation.guarded_client import GuardedClient


@dataclass(frozen=True, slots=True)
class LlmRoute:
    """A model and the provider that serves it."""

    config: LlmConfig
    clients: ProviderPool[LlmClient]

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


def build_routes(llm: LlmConfig, clients: ProviderPool[LlmClient]) -> Sequence[Route[LlmRoute]]:
    """Return the routes of an agent in order of preference.

    Raises:
        ConfigError: a provider is not installed or refuses its options.
    """
    return [
        Route(route_name(config), config.provider, LlmRoute(config, clients))
        for config in configs_of("llm", llm)
    ]
