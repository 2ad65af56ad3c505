"""A stage process that takes a call over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from parley.bus import connect, subjects
from parley.events.log import CallEventLog, open_call_log
from parley.events.outbox import open_outbox
from parley.runtime import stage
from parley.runtime.lease import respond_liveness
from parley.runtime.stage import CallContext, ServeCall
from parley.settings import CommonSettings
from parley.telemetry.setup import Telemetry
from parley.v1.call_pb2 import CallStarted
from parley.v1.work_pb2 import Work

SID = "CA1"
READ_S = 0.8


async def test_an_owner_that_responds_after_a_slow_log_read_keeps_the_call(
    nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow read means that the stream had no leader and the log may lack the owner's events.

    When the owner no longer responds, the process takes the call over.
    """
    opened, served, stop = asyncio.Event(), asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def open_slowly(*args: Any, **options: Any) -> AsyncIterator[CallEventLog]:
        opened.set()
        await asyncio.sleep(READ_S)
        async with open_call_log(*args, **options) as call_log:
            yield call_log

    @asynccontextmanager
    async def service(_telemetry: Telemetry) -> AsyncIterator[ServeCall]:
        async def serve(_call: CallContext) -> None:
            served.set()

        yield serve

    monkeypatch.setattr(stage, "open_call_log", open_slowly)
    async with (
        connect(nats_url, "t", timeout_s=30) as bus,
        open_outbox(bus) as outbox,
        bus.work_queue.claims("tts") as claim_work,
        asyncio.TaskGroup() as tasks,
    ):
        async with open_call_log(bus, outbox, SID, "webhook", 0) as log:
            await log.append(CallStarted())
        await outbox.wait_acked(5)
        await bus.publish_durable(subjects.work("tts", SID), Work(call_sid=SID).SerializeToString())
        first = await claim_work(5)
        assert first is not None
        tasks.create_task(stage.run_stage("tts", CommonSettings(nats_url=nats_url), 0, service, stop))
        async with asyncio.timeout(30):
            await opened.wait()
        async with respond_liveness(bus, first):
            await asyncio.sleep(2 * READ_S)
            assert not served.is_set()
        async with asyncio.timeout(30):
            await served.wait()
        stop.set()
