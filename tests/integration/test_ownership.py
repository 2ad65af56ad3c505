"""Stage processes that claim calls, hand them over, take them over and abandon them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from parley.bus import Bus, connect, streams, subjects
from parley.events.log import open_call_log
from parley.events.outbox import open_outbox
from parley.runtime import lease
from parley.runtime.stage import CallContext, ServeCall, run_stage
from parley.settings import CommonSettings
from parley.telemetry.setup import Telemetry
from parley.v1.call_pb2 import CallStarted
from parley.v1.event_pb2 import Event
from parley.v1.work_pb2 import StageClaimed, Work
from tests.eventually import eventually

SID = "CA1"


@dataclass
class Process:
    """A process of tts, in this process."""

    nats_url: str
    serve: Callable[[CallContext], Awaitable[None]]
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    telemetry: Telemetry | None = None

    async def run(self) -> None:
        """Own calls until `stop` is set."""
        settings = CommonSettings(nats_url=self.nats_url, drain_timeout_s=0)
        await run_stage("tts", settings, 0, self._service, self.stop)

    @asynccontextmanager
    async def _service(self, telemetry: Telemetry) -> AsyncIterator[ServeCall]:
        self.telemetry = telemetry
        yield self.serve

    def value(self, name: str, **labels: str) -> float:
        """The present value of a metric of the stage."""
        if self.telemetry is None:
            return 0
        return self.telemetry.registry.get_sample_value(name, {"stage": "tts", **labels}) or 0

    def claims(self) -> dict[str, float]:
        """Number of claims by kind."""
        return {
            kind: self.value("parley_claims_total", kind=kind) for kind in ("first", "handover", "takeover")
        }


async def serve_forever(_call: CallContext) -> None:
    await asyncio.Event().wait()


@asynccontextmanager
async def started_call(nats_url: str) -> AsyncIterator[Bus]:
    """A call whose work for tts waits for a worker."""
    async with connect(nats_url, "t", timeout_s=30) as bus, open_outbox(bus) as outbox:
        async with open_call_log(bus, outbox, SID, "webhook", 0) as log:
            await log.append(CallStarted())
        await outbox.wait_acked(5)
        await bus.publish_durable(subjects.work("tts", SID), Work(call_sid=SID).SerializeToString())
        yield bus


async def test_a_drain_counts_as_a_handover(nats_url: str) -> None:
    """It is visible in the log; its duration is observed."""
    first, second = Process(nats_url, serve_forever), Process(nats_url, serve_forever)
    async with asyncio.timeout(30), started_call(nats_url), asyncio.TaskGroup() as tasks:
        tasks.create_task(first.run())
        await eventually(lambda: first.value("parley_calls") == 1)
        tasks.create_task(second.run())
        await eventually(lambda: second.value("parley_calls_limit") == 100)
        first.stop.set()
        await eventually(lambda: second.claims()["handover"] == 1)
        second.stop.set()

    assert first.claims() == {"first": 1, "handover": 0, "takeover": 0}
    assert first.value("parley_leases_ended_total", outcome="handed_over") == 1
    assert first.value("parley_takeover_seconds_count") == 0
    assert second.claims() == {"first": 0, "handover": 1, "takeover": 0}
    assert second.value("parley_takeover_seconds_count") == 1


async def test_an_owner_that_dies_counts_as_a_takeover(nats_url: str) -> None:
    """One takeover, with its duration; the epoch that is owned shows how often the owner changed."""
    process = Process(nats_url, serve_forever)
    async with asyncio.timeout(30), started_call(nats_url) as bus, open_outbox(bus) as outbox:
        async with bus.work_queue.claims("tts") as claim_work:
            claim = await claim_work(5)
        assert claim is not None
        async with open_call_log(bus, outbox, SID, "tts", claim.epoch) as log:
            await log.append(StageClaimed(worker="dies"))
            await outbox.wait_acked(5)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(process.run())
            await eventually(lambda: process.claims()["takeover"] == 1)
            assert process.value("parley_call_epoch_max") == 2
            process.stop.set()

    assert process.claims() == {"first": 0, "handover": 0, "takeover": 1}
    assert process.value("parley_takeover_seconds_count") == 1
    assert process.value("parley_takeover_seconds_sum") < 1


async def test_an_abandoned_stage_requests_the_fallback(
    nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log shows the failure; no further worker gets the call."""
    monkeypatch.setattr(lease, "_MAX_ATTEMPTS", 2)

    async def fail(_call: CallContext) -> None:
        raise ValueError

    process = Process(nats_url, fail)
    async with asyncio.timeout(30), started_call(nats_url) as bus, asyncio.TaskGroup() as tasks:
        tasks.create_task(process.run())
        await eventually(
            lambda: process.value("parley_leases_ended_total", outcome="failed") == 2, timeout_s=15
        )
        process.stop.set()
        stored = await bus.streams.read(streams.CALLS, subjects.call_log(SID))
        state = await bus.state()

    events = [Event.FromString(message.data) for message in stored]
    assert process.value("parley_stages_abandoned_total") == 1
    assert [event.WhichOneof("body") for event in events[1:]] == [
        *("stage_claimed", "stage_released", "stage_claimed", "stage_released"),
        *("fallback_requested", "stage_failed"),
    ]
    assert events[-2].fallback_requested.reason == "tts_unavailable"
    assert events[-1].stage_failed.message == "tts was abandoned after 2 attempts"
    assert len({event.id for event in events}) == len(events)
    assert (state.work["tts"].pending, state.work["tts"].in_progress) == (0, 0)
