"""Own one stage of one call: keep the work message alive, finish it or hand it over."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from enum import Enum

import structlog

from parley.bus import Bus, Claim, Liveness, streams, subjects
from parley.errors import BusError, Superseded
from parley.runtime.drain import HandoverRequested

log = structlog.get_logger()

_MAX_ATTEMPTS = 25
"""A call whose stage failed this often is not tried again: about ten seconds of failing."""


class LeaseOutcome(Enum):
    """How an ownership came to its end."""

    DONE = "done"
    HANDED_OVER = "handed over"
    SUPERSEDED = "superseded"
    FAILED = "failed"


async def hold_lease(claim: Claim, work: Callable[[Claim], Awaitable[None]]) -> LeaseOutcome:
    """Do `work` for the claimed call until it returns, fails, or hands the call over.

    A fault stays in this call: it is logged, and the message goes back for another try.
    """
    ending = await _work(claim, work)
    try:
        match ending:
            case LeaseOutcome.DONE:
                await claim.ack()
            case LeaseOutcome.HANDED_OVER:
                await claim.nak()
            case LeaseOutcome.FAILED if claim.epoch >= _MAX_ATTEMPTS:
                log.error("stage given up", call_sid=claim.call_sid, stage=claim.stage, tries=claim.epoch)
                await claim.term()
            case LeaseOutcome.FAILED:
                await claim.nak(delay_s=min(0.1 * claim.epoch, 1.0))
            case LeaseOutcome.SUPERSEDED:
                pass
    except BusError as error:
        log.warning("work message left to time out", call_sid=claim.call_sid, error=str(error))
    return ending


@asynccontextmanager
async def respond_liveness(bus: Bus, claim: Claim) -> AsyncIterator[None]:
    """While entered, whoever claims the call is told that it has an owner who lives."""

    async def alive(_data: bytes) -> bytes:
        return b"alive"

    async with bus.requests.respond(subjects.stage_alive(claim.stage, claim.call_sid), alive):
        yield


async def owner_is_alive(bus: Bus, claim: Claim, timeout_s: float) -> bool:
    """Whether the call has an owner who answers: he knows more of it than its log."""
    if claim.epoch == 1:
        return False
    subject = subjects.stage_alive(claim.stage, claim.call_sid)
    return await bus.requests.liveness(subject, timeout_s=timeout_s) is Liveness.ALIVE


async def _work(claim: Claim, work: Callable[[Claim], Awaitable[None]]) -> LeaseOutcome:
    keeping = asyncio.ensure_future(_heartbeat(claim))
    try:
        await work(claim)
    except HandoverRequested:
        return LeaseOutcome.HANDED_OVER
    except Superseded as later:
        log.warning("superseded", call_sid=claim.call_sid, stage=claim.stage, reason=str(later))
        return LeaseOutcome.SUPERSEDED
    except Exception as fault:  # a fault in one call never touches another
        return _classify(claim, fault)
    finally:
        keeping.cancel()
        await asyncio.wait([keeping])
    return LeaseOutcome.DONE


def _classify(claim: Claim, fault: BaseException) -> LeaseOutcome:
    """A superseded task inside a group of tasks is no fault; all else is."""
    if isinstance(fault, BaseExceptionGroup):
        later, others = fault.split(Superseded)
        if later is not None and others is None:
            log.warning("superseded", call_sid=claim.call_sid, stage=claim.stage)
            return LeaseOutcome.SUPERSEDED
    log.error("stage failed", call_sid=claim.call_sid, stage=claim.stage, epoch=claim.epoch, exc_info=fault)
    return LeaseOutcome.FAILED


async def _heartbeat(claim: Claim) -> None:
    """Say in time, again and again, that the work goes on."""
    while True:
        await asyncio.sleep(streams.HEARTBEAT_S)
        try:
            await claim.extend()
        except BusError as error:
            log.debug("heartbeat not sent", call_sid=claim.call_sid, error=str(error))
