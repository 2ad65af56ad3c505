"""Restarts background work that ends whenever the bus is unreachable."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from parley.errors import BusError

log = structlog.get_logger()

_RESTART_INTERVAL_S = 1.0


async def supervise(work: Callable[[], Awaitable[None]], name: str) -> None:
    """Long-lived: run `work` and restart it 1 s after it ends; `name` identifies it in the log."""
    while True:
        try:
            await work()
        except BusError as error:
            log.warning("background_work_interrupted", work=name, error=str(error))
        await asyncio.sleep(_RESTART_INTERVAL_S)
