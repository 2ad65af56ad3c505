"""Faults of processes, only of those that the drill started."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress

import psutil

Pids = Callable[[], Iterable[int]]
"""Returns process ids; 0 for a process that does not run."""


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """Send a signal to processes that may have ended."""
    for pid in pids:
        if pid:
            with suppress(ProcessLookupError):
                os.kill(pid, number)


def family(pid: int) -> list[int]:
    """A process and its children."""
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))] if pid else []


@asynccontextmanager
async def repeated(fault: Callable[[], Awaitable[object]], period_s: float) -> AsyncIterator[None]:
    """Repeat a fault with this pause until exit."""

    async def repeat() -> None:
        while True:
            await fault()
            await asyncio.sleep(period_s)

    task = asyncio.create_task(repeat())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


@asynccontextmanager
async def frozen(pids: Pids) -> AsyncIterator[None]:
    """Freeze processes (SIGSTOP) until exit."""
    stopped = list(pids())
    send(stopped, signal.SIGSTOP)
    try:
        yield
    finally:
        send(stopped, signal.SIGCONT)


@asynccontextmanager
async def pulsed(pids: Pids, stopped_s: float, running_s: float) -> AsyncIterator[None]:
    """Freeze processes for moments, again and again, until exit."""

    async def pulse() -> None:
        while True:
            send(pids(), signal.SIGSTOP)
            await asyncio.sleep(stopped_s)
            send(pids(), signal.SIGCONT)
            await asyncio.sleep(running_s)

    task = asyncio.create_task(pulse())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        send(pids(), signal.SIGCONT)


async def _kill(pids: Pids) -> None:
    send(pids(), signal.SIGKILL)


@asynccontextmanager
async def killed_repeatedly(pids: Pids, period_s: float) -> AsyncIterator[None]:
    """Kill processes every `period_s`; they are restarted in between."""
    async with repeated(lambda: _kill(pids), period_s):
        yield


@asynccontextmanager
async def downed(pids: Pids) -> AsyncIterator[None]:
    """Kill processes as soon as they are started again, until exit."""
    async with repeated(lambda: _kill(pids), 0.2):
        yield
