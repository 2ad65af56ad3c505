"""Run a service until it is told to stop: SIGTERM or SIGINT drains, a second one ends at once."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable

import structlog
import uvloop

from parley.errors import ParleyError
from parley.exception_groups import flatten_group

log = structlog.get_logger()


def run_service(main: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run `main(stop)`; `stop` is set by the first signal. Exit code 0, or 1 after a clear line."""
    try:
        uvloop.run(_run(main))
    except* ParleyError as group:
        for error in flatten_group(group):
            log.error("cannot run", error=str(error))
        raise SystemExit(1) from None


async def _run(main: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    stop = asyncio.Event()

    def told() -> None:
        if stop.is_set():
            log.warning("ended at once by a second signal")
            os._exit(130)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told)
    await main(stop)
