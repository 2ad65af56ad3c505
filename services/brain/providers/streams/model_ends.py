"""Reports once a day which models in use have an announced end, by the table of end dates."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, time

import structlog
from prometheus_client import Gauge

from parley.agent_config import LlmConfig, load_agent_config
from parley.errors import ConfigError
from parley.providers.end_dates import model_end
from services.brain.providers.streams.servers import Server
from services.brain.settings import BrainSettings

log = structlog.get_logger()

_FIRST_CHECK_S = 60.0
"""After the start; models of the first calls are included."""
_INTERVAL_S = 24 * 3600.0
_MAX_MODELS = 64


class ModelEnds:
    """The announced ends of a provider's models that this process uses: a metric and a warning each."""

    def __init__(self, provider: str, gauge: Gauge, configured: Sequence[LlmConfig] = ()) -> None:
        """Create it; `configured` are sections of the default agent, which may not have been used yet."""
        self._provider = provider
        self._gauge = gauge
        self._models = {config.model for config in configured if not config.options.get("base_url")}

    def use(self, server: Server, model: str) -> None:
        """Include a model in the checks."""
        if server.is_providers_own and len(self._models) < _MAX_MODELS:
            self._models.add(model)

    async def watch(self) -> None:
        """Check once a day; never raises."""
        await asyncio.sleep(_FIRST_CHECK_S)
        while True:
            self.check()
            await asyncio.sleep(_INTERVAL_S)

    def check(self) -> None:
        """Check all models now."""
        today = datetime.now(UTC).date()
        for model in sorted(self._models):
            if (end := model_end(self._provider, model)) is None:
                continue
            at = datetime.combine(end.ends, time(), UTC)
            self._gauge.labels(self._provider, end.name).set(at.timestamp())
            log.warning(
                "model_ends",
                model=end.name,
                ends=end.ends.isoformat(),
                days_left=end.days_left(today),
                replacement=end.replacement,
            )


def configured_sections(settings: BrainSettings, provider: str) -> list[LlmConfig]:
    """The sections of the default agent that use a provider; none if its file is wrong."""
    try:
        chain = load_agent_config(settings.agents_dir, settings.agent).llm.chain
    except ConfigError:
        return []
    return [config for config in chain if config.provider == provider]
