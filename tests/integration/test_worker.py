"""Workers of one stage, and calls that change their owner, on a real NATS server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

import pytest
from prometheus_client import CollectorRegistry

from parley import failover_timing
from parley.bus import Claim, connect, subjects
from parley.runtime import lease
from parley.runtime.drain import DrainHandle
from parley.runtime.event_loop_lag import EventLoopLag
from parley.runtime.ownership import OwnershipMetrics
from parley.runtime.worker import Worker
from parley.v1.work_pb2 import Work
from tests.eventually import eventually


async def never_abandoned(claim: Claim) -> None:
    raise AssertionError(claim)


class Stage:
    """Records which workers started to own a call, and in which epoch."""

    def __init__(self) -> None:
        self.owned: list[tuple[str, int]] = []

    @asynccontextmanager
    async def worker(self, nats_url: str, name: str) -> AsyncIterator[asyncio.Event]:
        """A worker that serves each call for a minute; yields the event that stops it."""
        stop = asyncio.Event()

        async def work(claim: Claim, drain: DrainHandle) -> None:
            async with lease.take_over(bus, claim, nullcontext()), lease.respond_liveness(bus, claim):
                self.owned.append((name, claim.epoch))
                await drain.run(asyncio.sleep(60))

        async with connect(nats_url, name, timeout_s=30) as bus, asyncio.TaskGroup() as tasks:
            worker = Worker(
                bus, "tts", 10, 0, EventLoopLag(), OwnershipMetrics(CollectorRegistry(), "tts", 10)
            )
            running = tasks.create_task(worker.run(work, stop, never_abandoned))
            yield stop
            running.cancel()

    async def wait_owned(self, times: int) -> list[tuple[str, int]]:
        """Wait until the call was owned that many times."""
        await eventually(lambda: len(self.owned) >= times)
        return self.owned


@pytest.fixture
def without_heartbeats(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes all heartbeats of owners too late."""
    monkeypatch.setattr(failover_timing, "HEARTBEAT_S", 60)


@pytest.mark.usefixtures("without_heartbeats")
async def test_an_owner_that_responds_keeps_its_call(nats_url: str) -> None:
    """Its heartbeats are missing; only after its death does another worker take the call over."""
    stage = Stage()
    async with connect(nats_url, "t", timeout_s=30) as bus:
        async with stage.worker(nats_url, "first"):
            await bus.publish_durable(subjects.work("tts", "CA1"), Work(call_sid="CA1").SerializeToString())
            await stage.wait_owned(1)
            async with stage.worker(nats_url, "second"):
                await asyncio.sleep(3.5)
                assert stage.owned == [("first", 1)]
        async with stage.worker(nats_url, "third"):
            owned = await stage.wait_owned(2)

    assert owned[-1][0] == "third"
    assert owned[-1][1] > 2


async def test_a_call_that_is_handed_over_is_claimed_at_once(nats_url: str) -> None:
    """The previous owner no longer responds to liveness requests for it."""
    stage = Stage()
    async with connect(nats_url, "t", timeout_s=30) as bus, stage.worker(nats_url, "first") as stop:
        await bus.publish_durable(subjects.work("tts", "CA1"), Work(call_sid="CA1").SerializeToString())
        await stage.wait_owned(1)
        async with stage.worker(nats_url, "second"):
            before = asyncio.get_running_loop().time()
            stop.set()
            owned = await stage.wait_owned(2)
            took_s = asyncio.get_running_loop().time() - before

    # The worker that stops may receive the message once more, and returns it.
    assert owned in ([("first", 1), ("second", 2)], [("first", 1), ("second", 3)])
    assert took_s < 0.8


async def test_a_worker_that_stops_returns_the_call_that_it_requested(nats_url: str) -> None:
    """Its request is still open on the server when it stops; the call does not wait for an ack deadline."""
    stage = Stage()
    async with connect(nats_url, "t", timeout_s=30) as bus, stage.worker(nats_url, "first") as stop:
        await asyncio.sleep(0.3)
        before = asyncio.get_running_loop().time()
        stop.set()
        await bus.publish_durable(subjects.work("tts", "CA1"), Work(call_sid="CA1").SerializeToString())
        async with stage.worker(nats_url, "second"):
            owned = await stage.wait_owned(1)
            took_s = asyncio.get_running_loop().time() - before

    assert [name for name, _ in owned] == ["second"]
    assert took_s < 0.8
