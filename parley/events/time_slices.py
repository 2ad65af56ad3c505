"""Divides long work into slices, between which the event loop serves other calls."""

import asyncio
from time import perf_counter

MAX_SLICE_S = 0.003
"""Longest work in one iteration of the event loop; the event that is being folded is finished first."""


class TimeSlices:
    """Limits the work of all tasks that share it, in each iteration of the event loop together.

    A process that takes over many calls at once would otherwise spend a slice on each of them before it
    serves any other call.
    """

    def __init__(self) -> None:
        self._began_s: float | None = None
        """When the work of the current iteration began; None before it."""

    async def breathe(self) -> None:
        """Let other tasks run if the slice is used up; called before, during and after each piece of work."""
        while self._used_up():  # noqa: ASYNC110 - each iteration of the loop has a slice
            await asyncio.sleep(0)

    def _used_up(self) -> bool:
        if self._began_s is None:
            self._began_s = perf_counter()
            asyncio.get_running_loop().call_soon(self._start_iteration)
            return False
        return perf_counter() - self._began_s >= MAX_SLICE_S

    def _start_iteration(self) -> None:
        self._began_s = None
