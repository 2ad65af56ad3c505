"""Leave a call to another process: at a moment in which nobody hears it, at the latest after a limit."""

import asyncio
from collections.abc import Awaitable, Callable

_LOOK_AGAIN_S = 0.02


class HandedOver(Exception):
    """The call was left while it goes on; another is to own its stage."""


class Leaving:
    """Of one call: whether its process ends, and which moments are good ones to leave it."""

    def __init__(self, stopping: asyncio.Event, within_s: float) -> None:
        self._stopping = stopping
        self._within_s = within_s
        self._good_moment: Callable[[], bool] = _any_moment

    def when(self, good_moment: Callable[[], bool]) -> None:
        """What the stage is at is best not interrupted unless this says so; without it any moment is good."""
        self._good_moment = good_moment

    async def work(self, work: Awaitable[None]) -> None:
        """Do the work to its end, or leave it when the process is to end.

        Raises:
            HandedOver: it was left; the work is cancelled by then.
        """
        job = asyncio.ensure_future(work)
        leaving = asyncio.ensure_future(self._wait())
        try:
            await asyncio.wait([job, leaving], return_when=asyncio.FIRST_COMPLETED)
            if not job.done():
                raise HandedOver
            await job
        finally:
            for task in (job, leaving):
                task.cancel()
            await asyncio.gather(job, leaving, return_exceptions=True)

    async def _wait(self) -> None:
        await self._stopping.wait()
        try:
            async with asyncio.timeout(self._within_s):
                while not self._good_moment():  # noqa: ASYNC110 - only while a process ends
                    await asyncio.sleep(_LOOK_AGAIN_S)
        except TimeoutError:
            pass


def _any_moment() -> bool:
    return True
