"""The lag of the event loop is measured."""

import asyncio
import time

import pytest
from prometheus_client import CollectorRegistry

from parley.runtime import event_loop_lag
from parley.runtime.event_loop_lag import EventLoopLag, running_tasks
from parley.telemetry.catalogue.capacity import EVENT_LOOP_DELAY
from tests.eventually import eventually


async def test_a_blocked_loop_raises_the_lag_which_falls_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """One good sample does not hide an overload."""
    monkeypatch.setattr(event_loop_lag, "_SAMPLE_INTERVAL_S", 0.005)
    lag = EventLoopLag()
    watching = asyncio.create_task(lag.watch())
    await asyncio.sleep(0)
    time.sleep(0.2)  # noqa: ASYNC251 - blocks the loop on purpose
    blocked_ms = await eventually(lambda: lag.lag_ms if lag.lag_ms > 100 else 0, interval_s=0)
    await eventually(lambda: lag.lag_ms < blocked_ms / 2)
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching


async def test_running_tasks_are_counted() -> None:
    """The number returns to its initial value."""
    before = running_tasks()
    task = asyncio.create_task(asyncio.sleep(0))
    assert running_tasks() == before + 1
    await task
    assert running_tasks() == before


async def test_each_sample_is_observed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The histogram shows short delays that the smoothed lag does not."""
    monkeypatch.setattr(event_loop_lag, "_SAMPLE_INTERVAL_S", 0.001)
    registry = CollectorRegistry()
    lag = EventLoopLag(EVENT_LOOP_DELAY.histogram(registry))
    watching = asyncio.create_task(lag.watch())
    await eventually(
        lambda: (registry.get_sample_value("parley_event_loop_delay_seconds_count") or 0) >= 3, interval_s=0
    )
    watching.cancel()
