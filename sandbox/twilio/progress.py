"""Moves a call from status to status and tells its status callback."""

import time

from sandbox.twilio.context import Exchange
from sandbox.twilio.faults import Faults
from sandbox.twilio.leg import Leg
from sandbox.twilio.webhook_params import call_status
from sandbox.twilio.webhooks import Request

_EVENTS = {"initiated": "initiated", "ringing": "ringing", "in-progress": "answered"}
_SIP_CODES = {"busy": 486, "no-answer": 480, "canceled": 487, "failed": 603}


def progress(exchange: Exchange, leg: Leg, faults: Faults, status: str) -> None:
    """Set a call's status; `answered` is the event of in-progress, `completed` that of every end."""
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
    unheard = status == "canceled" and was_queued
    if callback is None or event not in callback.events or unheard:
        return
    params = call_status(record, status, record.status_sequence, now)
    record.status_sequence += 1
    exchange.tell(Request(callback.url, callback.method, params, record.sid), faults)
