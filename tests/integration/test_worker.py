"""Workers of one stage, and a call that looks for an owner though it has one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

import pytest
from prometheus_client import CollectorRegistry

from parley.bus import Claim, connect, subjects
from parley.runtime import lease
from parley.runtime.drain import DrainHandle
from parley.runtime.event_loop_lag import EventLoopLag
from parley.runtime.worker import Worker
from parley.v1.work_pb2 import Work


class Stage:
    """What workers have begun to own."""

    def __init__(self) -> None:
        self.owned: list[tuple[str, int]] = []

    @asynccontextmanager
    async def worker(self, nats_url: str, name: str) -> AsyncIterator[asyncio.Event]:
        """One that works on each call for ever; gives what stops it."""
        stop = asyncio.Event()

        async def work(claim: Claim, drain: DrainHandle) -> None:
            async with lease.take_over(bus, claim, nullcontext()), lease.respond_liveness(bus, claim):
                self.owned.append((name, claim.epoch))
                await drain.run(asyncio.sleep(60))

        async with connect(nats_url, name, timeout_s=5) as bus, asyncio.TaskGroup() as tasks:
            worker = Worker(bus, "tts", 10, 0, EventLoopLag(), CollectorRegistry())
            running = tasks.create_task(worker.run(work, stop))
            yield stop
            running.cancel()

    async def is_owned(self, times: int) -> list[tuple[str, int]]:
        """Wait until it was owned so often."""
        async with asyncio.timeout(10):
            while len(self.owned) < times:  # noqa: ASYNC110 - a test's list
                await asyncio.sleep(0.02)
        return self.owned


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Heartbeats come far too late."""
    monkeypatch.setattr(lease.timing, "HEARTBEAT_S", 60)


async def test_a_call_is_left_to_an_owner_who_lives(nats_url: str, silent: None) -> None:  # noqa: ARG001
    """Though its heartbeats are not seen; when it has died another takes over."""
    stage = Stage()
    async with connect(nats_url, "t", timeout_s=5) as bus:
        async with stage.worker(nats_url, "first"):
            await bus.publish_durable(subjects.work("tts", "CA1"), Work(call_sid="CA1").SerializeToString())
            await stage.is_owned(1)
            async with stage.worker(nats_url, "second"):
                await asyncio.sleep(3.5)
                assert stage.owned == [("first", 1)]
        async with stage.worker(nats_url, "third"):
            owned = await stage.is_owned(2)

    assert owned[-1][0] == "third"
    assert owned[-1][1] > 2


async def test_a_call_that_is_given_back_is_taken_at_once(nats_url: str) -> None:
    """Who gives it back is its owner no more."""
    stage = Stage()
    async with connect(nats_url, "t", timeout_s=5) as bus, stage.worker(nats_url, "first") as stop:
        await bus.publish_durable(subjects.work("tts", "CA1"), Work(call_sid="CA1").SerializeToString())
        await stage.is_owned(1)
        async with stage.worker(nats_url, "second"):
            before = asyncio.get_running_loop().time()
            stop.set()
            owned = await stage.is_owned(2)
            took_s = asyncio.get_running_loop().time() - before

    assert owned == [("first", 1), ("second", 2)]
    assert took_s < 0.8
