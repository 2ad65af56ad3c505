"""The worker loop: claims calls while the process has capacity, and hands them over when it stops."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import structlog

from parley.bus import Bus, Claim
from parley.bus.subjects import Stage
from parley.errors import BusError
from parley.runtime.drain import DrainHandle
from parley.runtime.event_loop_lag import EventLoopLag
from parley.runtime.lease import hold_lease
from parley.runtime.ownership import Holdings, OwnershipMetrics

log = structlog.get_logger()

Work: TypeAlias = Callable[[Claim, DrainHandle], Awaitable[None]]
"""Serves one claimed call to its end, or hands it over; until then it responds to liveness requests as the
owner."""

Abandon: TypeAlias = Callable[[Claim], Awaitable[None]]
"""Records that a stage of a call was abandoned after all attempts."""

_CLAIM_TIMEOUT_S = 1.0
"""A worker that stops waits for the response to its last request: a message that arrives with it would
otherwise reach no other worker until its ack deadline."""
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
        metrics: OwnershipMetrics,
    ) -> None:
        self._bus = bus
        self._stage: Stage = stage
        self._max_calls = max_calls
        self._drain_timeout_s = drain_timeout_s
        self._lag = lag
        self._owned: dict[str, asyncio.Task[None]] = {}
        self._epochs: dict[str, int] = {}
        """Epochs of the calls owned now."""
        self._requesting = False
        """Whether a claim is requested from the server."""
        self._call_ended = asyncio.Event()
        self._stopping = asyncio.Event()
        self._metrics = metrics
        metrics.watch(self._holdings)

    @property
    def calls(self) -> int:
        """Number of calls owned now."""
        return len(self._owned)

    def _holdings(self) -> Holdings:
        return Holdings(len(self._owned), max(self._epochs.values(), default=0))

    async def run(self, work: Work, stop: asyncio.Event, abandon: Abandon) -> None:
        """Claim and serve calls until `stop` is set, then hand all of them over and return.

        `abandon` records that the stage of a call is abandoned.
        """
        async with asyncio.TaskGroup() as tasks:
            claiming = tasks.create_task(self._claim_calls(tasks, work, abandon))
            await stop.wait()
            self._stopping.set()
            if not self._requesting:
                claiming.cancel()
        log.info("drained", stage=self._stage)

    async def _claim_calls(self, tasks: asyncio.TaskGroup, work: Work, abandon: Abandon) -> None:
        async with self._bus.work_queue.claims(self._stage) as next_claim:
            while not self._stopping.is_set():
                await self._wait_for_capacity()
                self._requesting = True
                try:
                    claim = await next_claim(_CLAIM_TIMEOUT_S)
                    if claim is not None and self._stopping.is_set():
                        await claim.nak()
                        return
                except BusError as error:
                    log.warning("claim_failed", stage=self._stage, error=str(error))
                    self._requesting = False
                    await asyncio.sleep(_CLAIM_RETRY_INTERVAL_S)
                    continue
                self._requesting = False
                if claim is not None:
                    self._start(tasks, claim, work, abandon)

    async def _wait_for_capacity(self) -> None:
        while True:
            if len(self._owned) >= self._max_calls:
                self._call_ended.clear()
                await self._call_ended.wait()
            elif self._lag.lag_ms > _MAX_LAG_MS:
                await asyncio.sleep(_LAG_POLL_INTERVAL_S)
            else:
                return

    def _start(self, tasks: asyncio.TaskGroup, claim: Claim, work: Work, abandon: Abandon) -> None:
        if claim.call_sid in self._owned:
            # Our heartbeats were late and the message was redelivered to us; the next heartbeat keeps it.
            log.info("own_call_redelivered", call_sid=claim.call_sid, stage=claim.stage, epoch=claim.epoch)
            return
        task = tasks.create_task(
            self._run_claim(claim, work, abandon), name=f"{claim.stage} {claim.call_sid}"
        )
        self._owned[claim.call_sid] = task
        self._epochs[claim.call_sid] = claim.epoch
        task.add_done_callback(lambda done: self._on_done(claim.call_sid, done))

    async def _run_claim(self, claim: Claim, work: Work, abandon: Abandon) -> None:
        log.info("call_claimed", call_sid=claim.call_sid, stage=claim.stage, epoch=claim.epoch)
        drain = DrainHandle(self._stopping, self._drain_timeout_s)

        async def count_and_abandon(claimed: Claim) -> None:
            self._metrics.abandoned()
            await abandon(claimed)

        outcome = await hold_lease(claim, lambda claimed: work(claimed, drain), count_and_abandon)
        self._metrics.lease_ended(outcome.value)
        log.info("lease_ended", call_sid=claim.call_sid, stage=claim.stage, outcome=outcome.value)

    def _on_done(self, call_sid: str, task: asyncio.Task[None]) -> None:
        if self._owned.get(call_sid) is task:
            del self._owned[call_sid]
            del self._epochs[call_sid]
        self._call_ended.set()
