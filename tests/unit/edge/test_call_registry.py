"""Tests of the count of calls."""

import asyncio

from prometheus_client import CollectorRegistry

from services.edge.call_registry import CallRegistry


async def test_an_edge_without_calls_is_empty_at_once() -> None:
    """The wait returns without a timeout."""
    assert await CallRegistry(CollectorRegistry()).wait_until_empty(0) == 0


async def test_the_wait_ends_with_the_last_call() -> None:
    """Meanwhile the gauge shows the number of calls."""
    registry = CollectorRegistry()
    calls = CallRegistry(registry)
    with calls.track():
        with calls.track():
            assert registry.get_sample_value("parley_calls", {"stage": "edge"}) == 2
        waiting = asyncio.create_task(calls.wait_until_empty(5))
        await asyncio.sleep(0)
        assert not waiting.done()

    assert await waiting == 0
    assert registry.get_sample_value("parley_calls", {"stage": "edge"}) == 0


async def test_the_wait_reports_the_calls_that_remain() -> None:
    """The wait ends after the timeout."""
    calls = CallRegistry(CollectorRegistry())
    with calls.track():
        assert await calls.wait_until_empty(0.01) == 1
