"""Checks once a day whether the models in use have an announced end; sets a metric and logs a warning."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time
from typing import Any

import httpx2
import structlog
from prometheus_client import Gauge
from pydantic import ValidationError

from parley.agent_config import LlmConfig
from parley.providers.end_dates import ModelEnd, model_end
from services.brain.providers.openai.errors import PROVIDER
from services.brain.providers.openai.servers import Server, Servers

log = structlog.get_logger()

_FIRST_CHECK_S = 60.0
"""After the start, so that a check never delays a call; models of the first calls are included."""
_INTERVAL_S = 24 * 3600.0
_TIMEOUT_S = 20.0
_MAX_MODELS = 64


class ShutdownDates:
    """The ends of the models that this process uses, from the servers and from the table of end dates."""

    def __init__(self, servers: Servers, gauge: Gauge, configured: Sequence[LlmConfig] = ()) -> None:
        """Create it; `configured` are the sections of the default agent, which may not have been used yet."""
        self._servers = servers
        self._gauge = gauge
        self._models: dict[tuple[str, str], tuple[Server, str]] = {}
        for config in configured:
            with suppress(ValidationError):
                # Wrong options are reported when the agent is used.
                self.use(servers.find(config), config.model)

    def use(self, server: Server, model: str) -> None:
        """Include a model in the checks."""
        if len(self._models) < _MAX_MODELS:
            self._models.setdefault((server.base_url, model), (server, model))

    async def watch(self) -> None:
        """Check once a day; never raises."""
        await asyncio.sleep(_FIRST_CHECK_S)
        while True:
            await self.check()
            await asyncio.sleep(_INTERVAL_S)

    async def check(self) -> None:
        """Check all models now. Failures are ignored: the next check is tomorrow."""
        listed: dict[str, Mapping[str, date]] = {}
        for (base_url, _), (server, _) in list(self._models.items()):
            if base_url not in listed:
                listed[base_url] = await _list_ends(server)
        for (base_url, model), _ in list(self._models.items()):
            found = listed[base_url].get(model)
            table = model_end(PROVIDER, model, base_url=base_url)
            if end := _merge(model, found, table):
                self._report(end)

    def _report(self, end: ModelEnd) -> None:
        at = datetime.combine(end.ends, time(), UTC)
        self._gauge.labels(PROVIDER, end.name).set(at.timestamp())
        today = datetime.now(UTC).date()
        log.warning(
            "model_ends",
            model=end.name,
            ends=end.ends.isoformat(),
            days_left=end.days_left(today),
            replacement=end.replacement,
        )


def _merge(model: str, listed: date | None, table: ModelEnd | None) -> ModelEnd | None:
    """The server's date, and the table's replacement."""
    if listed is None:
        return table
    return ModelEnd(model, listed, table.replacement if table else "see the provider's deprecations page")


async def _list_ends(server: Server) -> Mapping[str, date]:
    """The models of a server with an announced end; empty if it cannot be read."""
    with suppress(Exception):
        async with asyncio.timeout(_TIMEOUT_S):
            response = await server.client.get("/models", cast_to=httpx2.Response)
        return dict(_ends(json.loads(response.content)))
    return {}


def _ends(answer: object) -> Iterator[tuple[str, date]]:
    models = answer.get("data") if isinstance(answer, Mapping) else None
    for entry in models if isinstance(models, list) else ():
        fields: Mapping[str, Any] = entry if isinstance(entry, Mapping) else {}
        model, day = fields.get("id"), fields.get("shutdown_date")
        if isinstance(model, str) and isinstance(day, str):
            with suppress(ValueError):
                yield model, date.fromisoformat(day[:10])
