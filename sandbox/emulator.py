"""Shared parts of the provider emulators: the journal, runtime settings, the server process."""

import asyncio
import time
from collections import deque
from functools import partial
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from parley.runtime.health import serve
from parley.runtime.process import run_service

_MAX_ENTRIES = 100_000


class Journal:
    """A bounded log of numbered entries for benchmarks and tests; the oldest entries are dropped first."""

    def __init__(self) -> None:
        self._entries: deque[dict[str, Any]] = deque(maxlen=_MAX_ENTRIES)
        self._count = 0

    def note(self, kind: str, **fields: Any) -> None:
        """Add an entry with the UTC wall clock in microseconds; `at_us` among the fields overrides it."""
        self._count += 1
        self._entries.append({"n": self._count, "at_us": time.time_ns() // 1000, "kind": kind, **fields})

    def since(self, number: int) -> list[dict[str, Any]]:
        """Entries with a number greater than `number`."""
        return [entry for entry in self._entries if entry["n"] > number]


Settings = TypeVar("Settings", bound=BaseModel)


class RuntimeSettings(Generic[Settings]):
    """Settings of an emulator that can be changed while it runs."""

    def __init__(self, settings: Settings) -> None:
        self.current = settings

    def update(self, changes: dict[str, Any]) -> None:
        """Replace some settings.

        Raises:
            ValidationError: a value is invalid.
            ValueError: a name is unknown.
        """
        unknown = sorted(set(changes) - set(type(self.current).model_fields))
        if unknown:
            raise ValueError(f"unknown setting {unknown[0]!r}")
        self.current = type(self.current).model_validate({**self.current.model_dump(), **changes})


def sandbox_routes(journal: Journal, settings: RuntimeSettings[Any]) -> list[BaseRoute]:
    """The routes /sandbox/health, /sandbox/log and /sandbox/settings."""

    async def health(_request: Request) -> Response:
        return JSONResponse({"ok": True})

    async def log(request: Request) -> Response:
        return JSONResponse({"entries": journal.since(int(request.query_params.get("since", "0")))})

    async def get_or_patch_settings(request: Request) -> Response:
        if request.method == "PATCH":
            try:
                settings.update(await request.json())
            except (ValidationError, ValueError) as error:
                return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse(settings.current.model_dump(mode="json"))

    return [
        Route("/sandbox/health", health),
        Route("/sandbox/log", log),
        Route("/sandbox/settings", get_or_patch_settings, methods=["GET", "PATCH"]),
    ]


def run(app: ASGIApp, host: str, port: int) -> None:
    """Serve an application until the process receives a stop signal."""
    run_service(partial(_serve, app, host, port))


async def _serve(app: ASGIApp, host: str, port: int, stop: asyncio.Event) -> None:
    async with serve(app, host, port, drain_timeout_s=1):
        await stop.wait()
