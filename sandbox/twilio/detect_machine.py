"""Answering machine detection: waits a while, then says who answered."""

import asyncio
from dataclasses import dataclass

from sandbox.twilio.context import Exchange
from sandbox.twilio.faults import Faults
from sandbox.twilio.leg import Leg
from sandbox.twilio.webhook_params import machine_detection
from sandbox.twilio.webhooks import Request


@dataclass(frozen=True, slots=True)
class MachineDetection:
    """What was asked for when the call was placed."""

    waits_for_end: bool = False
    """DetectMessageEnd, not Enable."""
    asynchronous: bool = False
    callback_url: str | None = None
    callback_method: str = "POST"


async def detect_machine(
    exchange: Exchange, leg: Leg, wish: MachineDetection, faults: Faults, *, is_machine: bool
) -> None:
    """Find out who answered, put it into the call's record and tell the callback, if there is one."""
    leg.line.begin()
    await asyncio.sleep(exchange.settings.amd_s)
    machine = "machine_end_beep" if wish.waits_for_end else "machine_start"
    answered_by = machine if is_machine else "human"
    leg.record.answered_by = answered_by
    leg.note("answered_by", answered_by=answered_by)
    if wish.asynchronous and wish.callback_url:
        params = machine_detection(leg.record, answered_by, round(exchange.settings.amd_s * 1000))
        exchange.tell(Request(wish.callback_url, wish.callback_method, params, leg.record.sid), faults)
