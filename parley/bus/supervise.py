"""Work that goes on for as long as its connection is open, through times in which the bus is away."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from parley.errors import BusError

log = structlog.get_logger()

_RETRY_INTERVAL_S = 1.0


async def supervise(work: Callable[[], Awaitable[None]], name: str) -> None:
    """Long-lived: begin it anew whenever the bus has ended it; `what` it is, for the log."""
    while True:
        try:
            await work()
        except BusError as error:
            log.warning("interrupted, will go on", what=name, error=str(error))
        await asyncio.sleep(_RETRY_INTERVAL_S)
