"""Inputs of all checks: the environment, the agent, the latency budget and shared clients."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from cli.doctor.agent_file import AgentFile
from cli.latency_budget import LatencyBudget
from cli.providers import PROVIDERS, Provider, is_real
from parley.agent_config import AgentConfig, ProviderSection
from parley.errors import ConfigError
from parley.providers.registry import Kind, ProviderContext, configs_of, kinds_of, route_name


@dataclass(frozen=True, slots=True)
class AgentRoute:
    """A section of the agent file, or one of its fallbacks."""

    kind: Kind
    config: Any
    """An SttConfig, LlmConfig, TtsConfig or RealtimeConfig."""
    keys: tuple[str | int, ...]
    """Its keys in the agent file, as in `llm`, `fallbacks`, 0."""

    @property
    def name(self) -> str:
        """Name for findings, as in `llm openai/gpt-6-luna`."""
        return f"{self.kind} {route_name(self.config)}"


@dataclass(frozen=True, slots=True)
class Context:
    """Inputs of all checks."""

    environment: Mapping[str, str]
    agent: AgentConfig
    agent_file: AgentFile
    budget: LatencyBudget
    providers: ProviderContext
    client: httpx.AsyncClient
    home: Path
    """Folder in which `parley up` keeps the state of a running system."""

    def variable(self, name: str) -> str:
        """The value of an environment variable; empty if it is not set."""
        return self.environment.get(name, "").strip()

    def is_real(self, provider: str) -> bool:
        """Whether requests may be sent: a key or an address is set."""
        return is_real(provider_named(provider), self.environment)

    def base_url(self, provider: str, default: str) -> str:
        """Base address for HTTP requests to a provider."""
        url = self.variable(provider_named(provider).url_variable).rstrip("/")
        return f"http{url.removeprefix('ws')}" if url.startswith("ws") else url or default

    def place(self, route: AgentRoute, key: str) -> str:
        """The line of the agent file that sets a key of a route."""
        return self.agent_file.first_place((*route.keys, key), (route.kind, key))

    def routes(self) -> tuple[AgentRoute, ...]:
        """All routes of the agent: sections, alternatives and fallbacks.

        Raises:
            ConfigError: a provider is unknown or rejects its options.
        """
        return tuple(route for kind in kinds_of(self.agent) for route in routes_of(self.agent, kind))


def provider_named(name: str) -> Provider:
    """A built-in provider with its variables."""
    return next(provider for provider in PROVIDERS if provider.name == name)


def routes_of(agent: AgentConfig, kind: Kind) -> tuple[AgentRoute, ...]:
    """The routes of one section in the order of preference.

    Raises:
        ConfigError: a provider is unknown or rejects its options.
    """
    section: ProviderSection = getattr(agent, kind)
    fallbacks = {route_name(config): index for index, config in enumerate(section.chain[1:])}
    first = route_name(section.chain[0])
    routes = []
    for config in configs_of(kind, section):
        name = route_name(config)
        is_fallback = name != first and name in fallbacks
        keys = (kind, "fallbacks", fallbacks[name]) if is_fallback else (kind,)
        routes.append(AgentRoute(kind, config, keys))
    return tuple(routes)


def config_error(error: ConfigError) -> str:
    """The text of a configuration error on one line."""
    return "; ".join(str(error).splitlines())
