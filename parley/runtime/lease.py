"""Ownership of one stage of one call as a lease: a claim extended by heartbeats, its start and its end."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from enum import Enum
from typing import TypeVar

import structlog

from parley import failover_timing as timing
from parley.bus import Bus, Claim, Liveness, subjects
from parley.errors import BusError, Superseded
from parley.events.log import CallEventLog
from parley.exception_groups import flatten_group
from parley.runtime.drain import HandoverRequested
from parley.v1.work_pb2 import StageReleased

log = structlog.get_logger()

_MAX_ATTEMPTS = 25
"""After this many failures for one call, which take about 10 s, a stage is not tried again."""
_RETRY_DELAY_S = 0.1
"""Delay before the next attempt, times the number of attempts."""
_MAX_RETRY_DELAY_S = 1.0

T = TypeVar("T")


class LeaseOutcome(Enum):
    """How a lease ended."""

    DONE = "done"
    HANDED_OVER = "handed_over"
    SUPERSEDED = "superseded"
    """Another process owns the call: a later owner, or the previous one, which is still alive."""
    FAILED = "failed"


class OwnerIsAlive(Superseded):
    """The previous owner of the call responds: its heartbeats were lost, and it keeps the call."""


async def hold_lease(
    claim: Claim,
    work: Callable[[Claim], Awaitable[None]],
    abandon: Callable[[Claim], Awaitable[None]],
) -> LeaseOutcome:
    """Run `work` for the claimed call until it returns, fails, or hands the call over.

    An exception affects only this call: it is logged, and the message returns to the queue for another
    attempt. After the last attempt, `abandon` is called and the message is removed.
    """
    outcome = await _run(claim, work)
    try:
        match outcome:
            case LeaseOutcome.DONE:
                await claim.ack()
            case LeaseOutcome.HANDED_OVER:
                await claim.nak()
            case LeaseOutcome.FAILED if claim.epoch >= _MAX_ATTEMPTS:
                log.error("stage_abandoned", call_sid=claim.call_sid, stage=claim.stage, attempts=claim.epoch)
                await _abandon(claim, abandon)
                await claim.term()
            case LeaseOutcome.FAILED:
                await claim.nak(delay_s=min(_RETRY_DELAY_S * claim.epoch, _MAX_RETRY_DELAY_S))
            case LeaseOutcome.SUPERSEDED:
                pass
    except BusError as error:
        log.warning("claim_left_to_expire", call_sid=claim.call_sid, error=str(error))
    return outcome


@asynccontextmanager
async def take_over(bus: Bus, claim: Claim, opened_log: AbstractAsyncContextManager[T]) -> AsyncIterator[T]:
    """Enter `opened_log`, which reads the call's log, unless the call's previous owner is still alive.

    A claim is redelivered if its owner sent no heartbeat for 1 s, which also happens when heartbeats are
    lost. The owner's state may be ahead of the log, so an owner that responds keeps the call. It gets a
    second chance to respond if reading the log was slow, because then the stream had no leader and the owner
    may have been reconnecting.

    Raises:
        OwnerIsAlive: the previous owner responded.
    """
    first_claim = claim.epoch == 1
    if not first_claim:
        await _raise_if_owner_responds(bus, claim, _liveness_timeout_s(bus))
    began_s = time.monotonic()
    async with opened_log as call_log:
        if not first_claim and time.monotonic() - began_s > timing.FAST_LOG_READ_S:
            await _raise_if_owner_responds(bus, claim, timing.LIVENESS_TIMEOUT_S)
        yield call_log


def _liveness_timeout_s(bus: Bus) -> float:
    timeout_s = timing.LIVENESS_TIMEOUT_DISRUPTED_S if bus.recently_disrupted else timing.LIVENESS_TIMEOUT_S
    return max(timeout_s, timing.LIVENESS_TIMEOUT_CLUSTER_S) if bus.replicated else timeout_s


async def _raise_if_owner_responds(bus: Bus, claim: Claim, timeout_s: float) -> None:
    subject = subjects.stage_alive(claim.stage, claim.call_sid)
    if await bus.requests.liveness(subject, timeout_s=timeout_s) is Liveness.ALIVE:
        raise OwnerIsAlive(f"the previous owner of {claim.stage} of {claim.call_sid} is alive")


@asynccontextmanager
async def respond_liveness(bus: Bus, claim: Claim) -> AsyncIterator[None]:
    """While entered, respond to liveness requests as the call's owner."""

    async def alive(_data: bytes) -> bytes:
        return b"alive"

    async with bus.requests.respond(subjects.stage_alive(claim.stage, claim.call_sid), alive):
        yield


async def _run(claim: Claim, work: Callable[[Claim], Awaitable[None]]) -> LeaseOutcome:
    try:
        async with _heartbeats(claim):
            await work(claim)
    except HandoverRequested:
        return LeaseOutcome.HANDED_OVER
    except OwnerIsAlive:
        log.info("claim_released_owner_alive", call_sid=claim.call_sid, stage=claim.stage, epoch=claim.epoch)
        return LeaseOutcome.SUPERSEDED
    except Superseded as error:
        log.warning("lease_superseded", call_sid=claim.call_sid, stage=claim.stage, reason=str(error))
        return LeaseOutcome.SUPERSEDED
    except Exception as error:  # a fault in one call never affects another
        return _classify(claim, error)
    return LeaseOutcome.DONE


@asynccontextmanager
async def recorded_release(call_log: CallEventLog) -> AsyncIterator[None]:
    """Append StageReleased when the block gives the stage back: when it hands the call over, or fails.

    A superseded owner has nothing to give back.
    """
    try:
        yield
    except HandoverRequested:
        await call_log.append(StageReleased(reason="handed_over"))
        raise
    except Exception as error:
        if not _is_superseded(error):
            await call_log.append(StageReleased(reason="failed"))
        raise


def _is_superseded(error: BaseException) -> bool:
    """Whether an error is Superseded, or a group of only that."""
    return all(isinstance(one, Superseded) for one in flatten_group(error))


def _classify(claim: Claim, error: BaseException) -> LeaseOutcome:
    """A group of only Superseded counts as superseded, everything else as a failure."""
    if _is_superseded(error):
        log.warning("lease_superseded", call_sid=claim.call_sid, stage=claim.stage)
        return LeaseOutcome.SUPERSEDED
    log.error("stage_failed", call_sid=claim.call_sid, stage=claim.stage, epoch=claim.epoch, exc_info=error)
    return LeaseOutcome.FAILED


async def _abandon(claim: Claim, abandon: Callable[[Claim], Awaitable[None]]) -> None:
    try:
        async with _heartbeats(claim):
            await abandon(claim)
    except Exception:  # the message is removed nevertheless: no further attempt would help
        log.exception("abandonment_not_recorded", call_sid=claim.call_sid, stage=claim.stage)


@asynccontextmanager
async def _heartbeats(claim: Claim) -> AsyncIterator[None]:
    """While entered, extend the claim."""
    heartbeat = asyncio.ensure_future(_heartbeat(claim))
    try:
        yield
    finally:
        heartbeat.cancel()
        await asyncio.wait([heartbeat])


async def _heartbeat(claim: Claim) -> None:
    while True:
        await asyncio.sleep(timing.HEARTBEAT_S)
        try:
            await claim.extend()
        except BusError as error:
            log.debug("heartbeat_not_sent", call_sid=claim.call_sid, error=str(error))
