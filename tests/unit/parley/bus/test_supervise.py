"""Background work is restarted after the bus has interrupted it."""

import asyncio

import pytest
from structlog.testing import capture_logs

from parley.bus import supervise as module
from parley.bus.supervise import supervise
from parley.errors import BusError
from tests.eventually import eventually


async def test_work_is_restarted_after_it_ends_or_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure of the bus is logged with the name of the work."""
    monkeypatch.setattr(module, "_RESTART_INTERVAL_S", 0.001)
    runs = 0

    async def work() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise BusError("unreachable")

    with capture_logs() as logs:
        task = asyncio.create_task(supervise(work, "watch"))
        await eventually(lambda: runs >= 3, interval_s=0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert [(entry["event"], entry["work"]) for entry in logs] == [("background_work_interrupted", "watch")]


async def test_another_failure_is_not_hidden() -> None:
    """An exception that the bus did not raise is a fault of the work itself."""

    async def work() -> None:
        raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        await supervise(work, "watch")
