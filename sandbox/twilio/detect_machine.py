"""Answering machine detection: reports after a configured delay who answered."""

import asyncio
from dataclasses import dataclass

from sandbox.twilio.context import EmulatorContext
from sandbox.twilio.faults import Faults
from sandbox.twilio.leg import Leg
from sandbox.twilio.webhook_params import machine_detection
from sandbox.twilio.webhooks import WebhookRequest


@dataclass(frozen=True, slots=True)
class MachineDetectionOptions:
    """Options given when the call was placed."""

    wait_for_end: bool = False
    """True for DetectMessageEnd, False for Enable."""
    asynchronous: bool = False
    callback_url: str | None = None
    callback_method: str = "POST"


async def detect_machine(
    emulator: EmulatorContext, leg: Leg, options: MachineDetectionOptions, faults: Faults, *, is_machine: bool
) -> None:
    """Detect who answered, store it in the call's record and send the callback, if there is one."""
    leg.line.start()
    await asyncio.sleep(emulator.settings.amd_s)
    machine = "machine_end_beep" if options.wait_for_end else "machine_start"
    answered_by = machine if is_machine else "human"
    leg.record.answered_by = answered_by
    leg.note("answered_by", answered_by=answered_by)
    if options.asynchronous and options.callback_url:
        params = machine_detection(leg.record, answered_by, round(emulator.settings.amd_s * 1000))
        emulator.send_callback(
            WebhookRequest(options.callback_url, options.callback_method, params, leg.record.sid), faults
        )
