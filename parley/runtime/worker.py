"""The worker loop: claims calls while the process has capacity, and hands them over when it stops."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import structlog
from prometheus_client import CollectorRegistry

from parley.bus import Bus, Claim
from parley.bus.subjects import Stage
from parley.errors import BusError
from parley.runtime.drain import DrainHandle
from parley.runtime.event_loop_lag import EventLoopLag
from parley.runtime.lease import hold_lease
from parley.telemetry.catalogue.capacity import CALLS
from parley.telemetry.catalogue.survival import LEASES_ENDED

log = structlog.get_logger()

Work: TypeAlias = Callable[[Claim, DrainHandle], Awaitable[None]]
"""Serves one claimed call to its end, or hands it over; until then it responds to liveness requests as the
owner."""

_CLAIM_TIMEOUT_S = 5.0
_CLAIM_RETRY_INTERVAL_S = 0.2
_MAX_LAG_MS = 200.0
"""If the event loop is later than this, the process claims no calls."""
_LAG_POLL_INTERVAL_S = 0.1


class Worker:
    """Claims and serves the calls that one process of a stage owns."""

    def __init__(
        self,
        bus: Bus,
        stage: Stage,
        max_calls: int,
        drain_timeout_s: float,
        lag: EventLoopLag,
        registry: CollectorRegistry,
    ) -> None:
        self._bus = bus
        self._stage: Stage = stage
        self._max_calls = max_calls
        self._drain_timeout_s = drain_timeout_s
        self._lag = lag
        self._owned: dict[str, asyncio.Task[None]] = {}
        self._call_ended = asyncio.Event()
        self._stopping = asyncio.Event()
        self._calls = CALLS.gauge(registry).labels(stage=stage)
        self._leases = LEASES_ENDED.counter(registry)

    @property
    def calls(self) -> int:
        """Number of calls owned now."""
        return len(self._owned)

    async def run(self, work: Work, stop: asyncio.Event) -> None:
        """Claim and serve calls until `stop` is set, then hand all of them over and return."""
        async with asyncio.TaskGroup() as tasks:
            claiming = tasks.create_task(self._claim_calls(tasks, work))
            await stop.wait()
            claiming.cancel()
            self._stopping.set()
        log.info("drained", stage=self._stage)

    async def _claim_calls(self, tasks: asyncio.TaskGroup, work: Work) -> None:
        async with self._bus.work_queue.claims(self._stage) as next_claim:
            while True:
                await self._wait_for_capacity()
                try:
                    claim = await next_claim(_CLAIM_TIMEOUT_S)
                except BusError as error:
                    log.warning("claim_failed", stage=self._stage, error=str(error))
                    await asyncio.sleep(_CLAIM_RETRY_INTERVAL_S)
                    continue
                if claim is not None:
                    self._start(tasks, claim, work)

    async def _wait_for_capacity(self) -> None:
        while True:
            if len(self._owned) >= self._max_calls:
                self._call_ended.clear()
                await self._call_ended.wait()
            elif self._lag.lag_ms > _MAX_LAG_MS:
                await asyncio.sleep(_LAG_POLL_INTERVAL_S)
            else:
                return

    def _start(self, tasks: asyncio.TaskGroup, claim: Claim, work: Work) -> None:
        if claim.call_sid in self._owned:
            # Our heartbeats were late and the message was redelivered to us; the next heartbeat keeps it.
            log.info("own_call_redelivered", call_sid=claim.call_sid, stage=claim.stage, epoch=claim.epoch)
            return
        task = tasks.create_task(self._run_claim(claim, work), name=f"{claim.stage} {claim.call_sid}")
        self._owned[claim.call_sid] = task
        self._calls.set(len(self._owned))
        task.add_done_callback(lambda done: self._on_done(claim.call_sid, done))

    async def _run_claim(self, claim: Claim, work: Work) -> None:
        log.info("call_claimed", call_sid=claim.call_sid, stage=claim.stage, epoch=claim.epoch)
        drain = DrainHandle(self._stopping, self._drain_timeout_s)
        outcome = await hold_lease(claim, lambda claimed: work(claimed, drain))
        self._leases.labels(stage=self._stage, outcome=outcome.value).inc()
        log.info("lease_ended", call_sid=claim.call_sid, stage=claim.stage, outcome=outcome.value)

    def _on_done(self, call_sid: str, task: asyncio.Task[None]) -> None:
        if self._owned.get(call_sid) is task:
            del self._owned[call_sid]
        self._calls.set(len(self._owned))
        self._call_ended.set()
