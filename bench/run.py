"""Run a benchmark and stop all its processes when it is terminated."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to completion; SIGTERM stops it and its processes like Ctrl-C."""

    async def run_or_terminate() -> T:
        task = asyncio.ensure_future(work)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        try:
            return await task
        except asyncio.CancelledError:
            raise SystemExit(143) from None

    return asyncio.run(run_or_terminate())
