"""Handles a call after its media stream has ended: waits for its end or its next stream."""

import asyncio
from contextlib import suppress

import stamina
import structlog

from parley.bus import Bus
from parley.errors import BusError, Superseded
from parley.events.log import CallEventLog
from services.edge.calls.lifecycle import end_call, load_call_state

log = structlog.get_logger()

_STATUS_TIMEOUT_S = 3.0
"""After a stop message, Twilio's status callback usually arrives within this time."""
_MAX_ATTEMPTS = 6
_RETRY_WAIT_S, _MAX_RETRY_WAIT_S = 1.0, 15.0
"""Each attempt also waits some seconds for a leader."""


async def await_outcome(
    bus: Bus, call_log: CallEventLog, stop_reason: str, resume_timeout_s: float, draining: asyncio.Event
) -> None:
    """Wait for the call's end or its next stream; end the call if neither comes in time.

    After a lost stream, a draining edge leaves the call to the other edges.
    """
    stopped = stop_reason == "stop"
    waiting = {asyncio.ensure_future(_wait_until_ended(call_log))}
    if not stopped:
        waiting.add(asyncio.ensure_future(_wait(draining)))
    timeout_s = _STATUS_TIMEOUT_S if stopped else resume_timeout_s
    try:
        done, _ = await asyncio.wait(waiting, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    if not done:
        await _end_with_retries(bus, call_log, "hangup" if stopped else "stream-lost")


async def _end_with_retries(bus: Bus, call_log: CallEventLog, reason: str) -> None:
    attempts = stamina.retry_context(
        on=BusError,
        attempts=_MAX_ATTEMPTS,
        timeout=None,
        wait_initial=_RETRY_WAIT_S,
        wait_max=_MAX_RETRY_WAIT_S,
    )
    try:
        async for attempt in attempts:
            with attempt:
                await _end_unless_resumed(bus, call_log, reason)
    except BusError as error:
        log.error("call_end_not_stored", reason=reason, error=str(error), attempts=_MAX_ATTEMPTS)


async def _end_unless_resumed(bus: Bus, call_log: CallEventLog, reason: str) -> None:
    call = await load_call_state(bus, call_log.call_sid)
    if call is not None and call.stream_epoch == call_log.epoch and not call.end_reason:
        await end_call(bus, call_log.call_sid, reason)


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


async def _wait_until_ended(call_log: CallEventLog) -> None:
    """Wait until the call has ended, or another stream of it has started."""
    with suppress(Superseded):
        async for event in call_log:
            if event.HasField("call_ended"):
                return
