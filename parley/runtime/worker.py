"""Claim calls while there is room; hand them over when told to stop."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from parley.bus import Bus, Claim
from parley.bus.subjects import Stage
from parley.errors import BusError
from parley.runtime.drain import DrainHandle
from parley.runtime.event_loop_lag import EventLoopLag
from parley.runtime.lease import LeaseOutcome, hold_lease, owner_is_alive

log = structlog.get_logger()

Work: TypeAlias = Callable[[Claim, DrainHandle], Awaitable[None]]
"""Serves one claimed call to its end, or hands it over; answers meanwhile for its owner."""

_CLAIM_TIMEOUT_S = 5.0
_LIVENESS_TIMEOUT_S = 0.5
"""That an owner died is known at once, as there is nobody to ask; that one is frozen, after this."""
_LIVENESS_TIMEOUT_CLUSTER_S = 1.0
"""It may be its server that is frozen: so long it takes its clients to be with another."""
_LIVENESS_TIMEOUT_DISRUPTED_S = 2.0
"""Where a leader was lost, heartbeats were, and the log lacks what was said: who lives knows more."""
_LAG_LIMIT_MS = 200.0
"""A loop this late has no room for another call."""


class Worker:
    """One process of a stage: which calls it owns, whether it takes more."""

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
        self._room = asyncio.Event()
        self._stopping = asyncio.Event()
        self._calls = Gauge("parley_calls", "Calls that this process owns", registry=registry)
        self._leases_ended = Counter(
            "parley_ownerships", "Ownerships by how they ended", ["ending"], registry=registry
        )

    @property
    def calls(self) -> int:
        """Calls owned now."""
        return len(self._owned)

    async def run(self, work: Work, stop: asyncio.Event) -> None:
        """Claim and own calls until `stop` is set, then hand all over and return."""
        async with asyncio.TaskGroup() as tasks:
            claiming = tasks.create_task(self._claim_calls(tasks, work))
            await stop.wait()
            claiming.cancel()
            self._stopping.set()
        log.info("drained", stage=self._stage)

    async def _claim_calls(self, tasks: asyncio.TaskGroup, work: Work) -> None:
        async with self._bus.work_queue.claims(self._stage) as claim_work:
            while True:
                await self._wait_for_room()
                try:
                    claim = await claim_work(_CLAIM_TIMEOUT_S)
                except BusError as error:
                    log.warning("cannot claim work", stage=self._stage, error=str(error))
                    await asyncio.sleep(0.2)
                    continue
                if claim is not None:
                    await self._start(tasks, claim, work)

    async def _wait_for_room(self) -> None:
        while True:
            if len(self._owned) >= self._max_calls:
                self._room.clear()
                await self._room.wait()
            elif self._lag.lag_ms > _LAG_LIMIT_MS:
                await asyncio.sleep(0.1)
            else:
                return

    async def _start(self, tasks: asyncio.TaskGroup, claim: Claim, work: Work) -> None:
        if claim.call_sid in self._owned:
            # Our heartbeats were late, and it came back to us; they keep it for us now.
            log.info("call kept", call_sid=claim.call_sid, stage=claim.stage, epoch=claim.epoch)
            return
        task = tasks.create_task(self._run_claim(claim, work), name=f"{claim.stage} {claim.call_sid}")
        self._owned[claim.call_sid] = task
        self._calls.set(len(self._owned))
        task.add_done_callback(lambda done: self._on_done(claim.call_sid, done))

    async def _run_claim(self, claim: Claim, work: Work) -> None:
        log.info("call claimed", call_sid=claim.call_sid, stage=claim.stage, epoch=claim.epoch)
        patience_s = _LIVENESS_TIMEOUT_DISRUPTED_S if self._bus.recently_disrupted else _LIVENESS_TIMEOUT_S
        if self._bus.replicated:
            patience_s = max(patience_s, _LIVENESS_TIMEOUT_CLUSTER_S)
        if await owner_is_alive(self._bus, claim, patience_s):
            # No heartbeat of its owner's was seen, as when a cluster has no leader.
            log.info("call left to its owner", call_sid=claim.call_sid, stage=claim.stage, epoch=claim.epoch)
            return
        leaving = DrainHandle(self._stopping, self._drain_timeout_s)
        ending: LeaseOutcome = await hold_lease(claim, lambda claimed: work(claimed, leaving))
        self._leases_ended.labels(ending=ending.value).inc()
        log.info("call left", call_sid=claim.call_sid, stage=claim.stage, ending=ending.value)

    def _on_done(self, call_sid: str, task: asyncio.Task[None]) -> None:
        if self._owned.get(call_sid) is task:
            del self._owned[call_sid]
        self._calls.set(len(self._owned))
        self._room.set()
