"""What every stand-in has besides the vendor's own wire: a log, settings to change, a process to run."""

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

from parley.health import serve
from parley.process import run_until_told

_MOST_ENTRIES = 100_000


class Journal:
    """What happened, for benchmarks and tests to read; the oldest entries make room."""

    def __init__(self) -> None:
        self._entries: deque[dict[str, Any]] = deque(maxlen=_MOST_ENTRIES)
        self._count = 0

    def note(self, kind: str, **fields: Any) -> None:
        """Write an entry with the UTC wall clock in microseconds; `at_us` among the fields dates it back."""
        self._count += 1
        self._entries.append({"n": self._count, "at_us": time.time_ns() // 1000, "kind": kind, **fields})

    def since(self, number: int) -> list[dict[str, Any]]:
        """Entries after that number."""
        return [entry for entry in self._entries if entry["n"] > number]


Settings = TypeVar("Settings", bound=BaseModel)


class Dials(Generic[Settings]):
    """Settings that may be changed while the stand-in runs."""

    def __init__(self, settings: Settings) -> None:
        self.now = settings

    def turn(self, changes: dict[str, Any]) -> None:
        """Change some.

        Raises:
            ValidationError: an unknown name or a wrong value.
        """
        unknown = sorted(set(changes) - set(type(self.now).model_fields))
        if unknown:
            raise ValueError(f"unknown setting {unknown[0]!r}")
        self.now = type(self.now).model_validate({**self.now.model_dump(), **changes})


def sandbox_routes(journal: Journal, dials: Dials[Any]) -> list[BaseRoute]:
    """/sandbox/health, /sandbox/settings and /sandbox/log."""

    async def health(_request: Request) -> Response:
        return JSONResponse({"ok": True})

    async def log(request: Request) -> Response:
        return JSONResponse({"entries": journal.since(int(request.query_params.get("since", "0")))})

    async def settings(request: Request) -> Response:
        if request.method == "PATCH":
            try:
                dials.turn(await request.json())
            except (ValidationError, ValueError) as error:
                return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse(dials.now.model_dump(mode="json"))

    return [
        Route("/sandbox/health", health),
        Route("/sandbox/log", log),
        Route("/sandbox/settings", settings, methods=["GET", "PATCH"]),
    ]


def run(app: ASGIApp, host: str, port: int) -> None:
    """Serve until told to stop."""
    run_until_told(partial(_serve, app, host, port))


async def _serve(app: ASGIApp, host: str, port: int, stop: asyncio.Event) -> None:
    async with serve(app, host, port, drain_timeout_s=1):
        await stop.wait()
