"""Abandons a stage of a call after all attempts: the call's log shows it, and its fallback is requested."""

import asyncio

from parley.bus import Bus, Claim
from parley.events.log import CallEventLog, open_call_log
from parley.events.outbox import Outbox
from parley.v1.reply_pb2 import FallbackRequested
from parley.v1.work_pb2 import StageFailed

_TIMEOUT_S = 10.0
_FALLBACK_REASONS = {"stt": "stt_unavailable", "brain": "llm_unavailable", "tts": "tts_unavailable"}
"""Stages without which a call cannot continue. Without a recorder it can: the streams keep its audio."""


async def abandon_stage(bus: Bus, outbox: Outbox, claim: Claim) -> None:
    """Append StageFailed, and request the fallback of a call that cannot continue without the stage.

    Raises:
        BusError: the log cannot be read.
        Superseded: another process owns the stage.
        TimeoutError: the bus did not reply in time.
    """
    # The epoch after the last attempt, which no process claims: the ids of its events are new.
    opened = open_call_log(bus, outbox, claim.call_sid, claim.stage, claim.epoch + 1)
    async with asyncio.timeout(_TIMEOUT_S), opened as call_log:
        # First, so that the brain does not request the same on account of the failure.
        if (reason := _fallback_reason(call_log)) is not None:
            await call_log.append(FallbackRequested(reason=reason))
        if call_log.facts.started_at_us:
            await call_log.append(
                StageFailed(
                    code="unavailable",
                    message=f"{claim.stage} was abandoned after {claim.epoch} attempts",
                    retryable=False,
                )
            )


def _fallback_reason(call_log: CallEventLog) -> str | None:
    """The reason of the request; None if none is needed."""
    facts = call_log.facts
    if not facts.started_at_us or facts.ended is not None or facts.fallback_requested:
        return None
    return _FALLBACK_REASONS.get(call_log.stage)
