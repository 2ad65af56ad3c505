"""Own one stage of one call: keep the work message alive, finish it or hand it over."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from enum import Enum

import structlog

from parley import streams, subjects
from parley.bus import Bus, Claim
from parley.errors import BusError, Superseded
from parley.leaving import HandedOver

log = structlog.get_logger()

_MOST_TRIES = 25
"""A call whose stage failed this often is not tried again: about ten seconds of failing."""


class Ending(Enum):
    """How an ownership came to its end."""

    DONE = "done"
    HANDED_OVER = "handed over"
    SUPERSEDED = "superseded"
    FAILED = "failed"


async def own(claim: Claim, work: Callable[[Claim], Awaitable[None]]) -> Ending:
    """Do `work` for the claimed call until it returns, fails, or hands the call over.

    A fault stays in this call: it is logged, and the message goes back for another try.
    """
    ending = await _work(claim, work)
    try:
        match ending:
            case Ending.DONE:
                await claim.done()
            case Ending.HANDED_OVER:
                await claim.give_back()
            case Ending.FAILED if claim.epoch >= _MOST_TRIES:
                log.error("stage given up", call_sid=claim.call_sid, stage=claim.stage, tries=claim.epoch)
                await claim.give_up()
            case Ending.FAILED:
                await claim.give_back(delay_s=min(0.1 * claim.epoch, 1.0))
            case Ending.SUPERSEDED:
                pass
    except BusError as error:
        log.warning("work message left to time out", call_sid=claim.call_sid, error=str(error))
    return ending


@asynccontextmanager
async def answering(bus: Bus, claim: Claim) -> AsyncIterator[None]:
    """While entered, whoever claims the call is told that it has an owner who lives."""

    async def alive(_data: bytes) -> bytes:
        return b"alive"

    async with bus.answer(subjects.owner(claim.stage, claim.call_sid), alive):
        yield


async def owner_lives(bus: Bus, claim: Claim, timeout_s: float) -> bool:
    """Whether the call has an owner who answers: he knows more of it than its log."""
    if claim.epoch == 1:
        return False
    return bool(await bus.lives(subjects.owner(claim.stage, claim.call_sid), timeout_s=timeout_s))


async def _work(claim: Claim, work: Callable[[Claim], Awaitable[None]]) -> Ending:
    keeping = asyncio.ensure_future(_keep(claim))
    try:
        await work(claim)
    except HandedOver:
        return Ending.HANDED_OVER
    except Superseded as later:
        log.warning("superseded", call_sid=claim.call_sid, stage=claim.stage, reason=str(later))
        return Ending.SUPERSEDED
    except Exception as fault:  # a fault in one call never touches another
        return _fault(claim, fault)
    finally:
        keeping.cancel()
        await asyncio.wait([keeping])
    return Ending.DONE


def _fault(claim: Claim, fault: BaseException) -> Ending:
    """A superseded task inside a group of tasks is no fault; all else is."""
    if isinstance(fault, BaseExceptionGroup):
        later, others = fault.split(Superseded)
        if later is not None and others is None:
            log.warning("superseded", call_sid=claim.call_sid, stage=claim.stage)
            return Ending.SUPERSEDED
    log.error("stage failed", call_sid=claim.call_sid, stage=claim.stage, epoch=claim.epoch, exc_info=fault)
    return Ending.FAILED


async def _keep(claim: Claim) -> None:
    """Say in time, again and again, that the work goes on."""
    while True:
        await asyncio.sleep(streams.HEARTBEAT_S)
        try:
            await claim.still_working()
        except BusError as error:
            log.debug("heartbeat not sent", call_sid=claim.call_sid, error=str(error))
