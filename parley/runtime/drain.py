"""Leave a call to another process: at a moment in which nobody hears it, at the latest after a limit."""

import asyncio
from collections.abc import Awaitable, Callable

_POLL_INTERVAL_S = 0.02


class HandoverRequested(Exception):
    """The call was left while it goes on; another is to own its stage."""


class DrainHandle:
    """Of one call: whether its process ends, and which moments are good ones to leave it."""

    def __init__(self, stopping: asyncio.Event, within_s: float) -> None:
        self._stopping = stopping
        self._timeout_s = within_s
        self._safe_point: Callable[[], bool] = _any_moment

    def set_safe_point(self, good_moment: Callable[[], bool]) -> None:
        """What the stage is at is best not interrupted unless this says so; without it any moment is good."""
        self._safe_point = good_moment

    async def run(self, work: Awaitable[None]) -> None:
        """Do the work to its end, or leave it when the process is to end.

        Raises:
            HandedOver: it was left; the work is cancelled by then.
        """
        job = asyncio.ensure_future(work)
        leaving = asyncio.ensure_future(self._wait())
        try:
            await asyncio.wait([job, leaving], return_when=asyncio.FIRST_COMPLETED)
            if not job.done():
                raise HandoverRequested
            await job
        finally:
            for task in (job, leaving):
                task.cancel()
            await asyncio.gather(job, leaving, return_exceptions=True)

    async def _wait(self) -> None:
        await self._stopping.wait()
        try:
            async with asyncio.timeout(self._timeout_s):
                while not self._safe_point():  # noqa: ASYNC110 - only while a process ends
                    await asyncio.sleep(_POLL_INTERVAL_S)
        except TimeoutError:
            pass


def _any_moment() -> bool:
    return True
