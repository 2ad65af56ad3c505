"""Opens the providers of all agent files when a process starts.

Importing a provider's SDK takes up to two seconds of CPU time, during which no call of the process is served,
so it must not be postponed to an agent's first call.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import structlog

from parley.agent_config import AgentConfig, ProviderSection, load_agent_config
from parley.audio.conversion import converter
from parley.audio.formats import MULAW_8K
from parley.errors import ConfigError
from parley.providers.pool import ProviderPool
from parley.providers.registry import Kind, audio_format_of, kinds_of
from parley.settings import CommonSettings

log = structlog.get_logger()

_OPEN_TIMEOUT_S = 10.0
"""How long a starting process waits for a provider; one that takes longer opens in the background."""


async def preload_providers(
    pool: ProviderPool[Any], kind: Kind, settings: CommonSettings, timeout_s: float = _OPEN_TIMEOUT_S
) -> None:
    """Open each provider that an agent file names. Failures are logged; the first call tries again."""
    for name, (agent, section) in _named_providers(kind, settings).items():
        try:
            async with asyncio.timeout(timeout_s):
                await pool.get(name)
            if kind != "llm":
                # Imports the packages that convert audio, if the provider's format needs them.
                converter(MULAW_8K, audio_format_of(kind, section))
        except ConfigError as error:
            log.warning("provider_not_preloaded", provider=name, agent=agent, error=str(error))
        except TimeoutError:
            log.warning(
                "provider_not_preloaded", provider=name, agent=agent, error=f"not within {timeout_s:g} s"
            )


def _named_providers(kind: Kind, settings: CommonSettings) -> dict[str, tuple[str, ProviderSection]]:
    """Return provider names, each with the first agent that names it, and its section."""
    names: dict[str, tuple[str, ProviderSection]] = {}
    for agent in agents_of_files(settings):
        if kind not in kinds_of(agent):
            continue
        section: ProviderSection = getattr(agent, kind)
        for config in section.chain:
            names.setdefault(config.provider, (agent.name, config))
    return names


def agents_of_files(settings: CommonSettings) -> Iterator[AgentConfig]:
    """Yield the agents of all usable files."""
    for path in sorted(Path(settings.agents_dir).glob("*.yaml")):
        try:
            yield load_agent_config(settings.agents_dir, path.stem)
        except ConfigError as error:
            log.warning("agent_not_preloaded", agent=path.stem, error=str(error))
