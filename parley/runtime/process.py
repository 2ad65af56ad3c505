"""Runs a service until a signal arrives: SIGTERM or SIGINT drains it, a second signal ends it at once."""

import asyncio
import gc
import os
import signal
from collections.abc import Awaitable, Callable

import structlog
import uvloop

from parley.errors import ParleyError
from parley.exception_groups import flatten_group

log = structlog.get_logger()


def run_service(main: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run `main(stop)`; the first signal sets `stop`. Exits with 0, or with 1 after logging a ParleyError."""
    # The loaded modules live as long as the process. Without them, a full garbage collection stops all calls
    # for a few milliseconds instead of 50.
    gc.collect()
    gc.freeze()
    try:
        uvloop.run(_run(main))
    except* ParleyError as group:
        for error in flatten_group(group):
            log.error("service_failed", error=str(error))
        raise SystemExit(1) from None


async def _run(main: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    stop = asyncio.Event()

    def on_signal() -> None:
        if stop.is_set():
            log.warning("killed_by_second_signal")
            os._exit(130)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    await main(stop)
