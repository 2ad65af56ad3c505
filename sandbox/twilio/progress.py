"""Changes a call's status and sends its status callbacks."""

import time

from sandbox.twilio.context import EmulatorContext
from sandbox.twilio.faults import Faults
from sandbox.twilio.leg import Leg
from sandbox.twilio.webhook_params import call_status
from sandbox.twilio.webhooks import WebhookRequest

_EVENTS = {"initiated": "initiated", "ringing": "ringing", "in-progress": "answered"}
_SIP_CODES = {"busy": 486, "no-answer": 480, "canceled": 487, "failed": 603}


def set_status(emulator: EmulatorContext, leg: Leg, faults: Faults, status: str) -> None:
    """Set a call's status; the event of in-progress is `answered`, that of every final status `completed`."""
    record, now = leg.record, time.time()
    was_queued = record.status == "queued"
    event = _EVENTS.get(status, "completed")
    record.status, record.updated_at = status, now
    if event == "ringing":
        record.started_at = now
    elif event == "answered":
        record.answered_at = now
    elif event == "completed":
        record.ended_at = now
        record.sip_response_code = _SIP_CODES.get(status, 200)
    leg.note(
        "answered" if event == "answered" else "status" if event == "completed" else event, status=status
    )
    callback = record.status_callback
    suppressed = status == "canceled" and was_queued
    if callback is None or event not in callback.events or suppressed:
        return
    params = call_status(record, status, record.status_sequence, now)
    record.status_sequence += 1
    emulator.send_callback(WebhookRequest(callback.url, callback.method, params, record.sid), faults)
