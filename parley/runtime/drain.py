"""Hands a call over to another process when this one stops: at a safe point, or after a time limit."""

import asyncio
from collections.abc import Awaitable, Callable

_POLL_INTERVAL_S = 0.02


class HandoverRequested(Exception):
    """This process stopped working on a live call so that another process can own its stage."""


class DrainHandle:
    """Reports whether a call's process is stopping, and decides when the call may be handed over."""

    def __init__(self, stopping: asyncio.Event, timeout_s: float) -> None:
        self._stopping = stopping
        self._timeout_s = timeout_s
        self._is_safe_point: Callable[[], bool] = _always

    def set_safe_point(self, is_safe_point: Callable[[], bool]) -> None:
        """Set the check for moments at which the caller would not notice a handover; default: always."""
        self._is_safe_point = is_safe_point

    async def run(self, work: Awaitable[None]) -> None:
        """Run the work to its end, or cancel it when the process stops.

        Raises:
            HandoverRequested: the process is stopping, and the work has been cancelled.
        """
        job = asyncio.ensure_future(work)
        draining = asyncio.ensure_future(self._wait())
        try:
            await asyncio.wait([job, draining], return_when=asyncio.FIRST_COMPLETED)
            if not job.done():
                raise HandoverRequested
            await job
        finally:
            for task in (job, draining):
                task.cancel()
            await asyncio.gather(job, draining, return_exceptions=True)

    async def _wait(self) -> None:
        await self._stopping.wait()
        try:
            async with asyncio.timeout(self._timeout_s):
                while not self._is_safe_point():  # noqa: ASYNC110 - only while the process stops
                    await asyncio.sleep(_POLL_INTERVAL_S)
        except TimeoutError:
            pass


def _always() -> bool:
    return True
