"""The request of a webhook, signed by the Standard Webhooks specification. No I/O, no clock."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from services.recorder.call_record import CallRecord, outcomes
from services.recorder.collected import as_objects

_SECRET_PREFIX = "whsec_"  # noqa: S105 - the prefix of every such secret
_MAX_BODY_BYTES = 1_000_000
"""A longer record is sent without the transcript, which is stored at `transcript_url`."""


def call_ended_body(record: CallRecord) -> bytes:
    """Return the body of the request for the end of a call."""
    call = record.call
    data: dict[str, Any] = {
        "call_sid": call.call_sid,
        "direction": call.direction,
        "from": call.from_number,
        "to": call.to_number,
        "agent": call.agent,
        "agents": [call.agent, *call.next_agents],
        "started_at": call.started_at.isoformat(),
        "ended_at": call.ended_at.isoformat() if call.ended_at else None,
        "duration_ms": call.duration_ms,
        "end_reason": call.end_reason,
        "data": as_objects(call.data),
        **outcomes(call),
        "recording_url": call.recording_url,
        "transcript_url": call.transcript_url,
        "voicemail_url": call.voicemail_url,
        "lines": [asdict(line) for line in record.lines],
    }
    timestamp = (call.ended_at or call.started_at).isoformat()
    body = _json({"type": "call.ended", "timestamp": timestamp, "data": data})
    if len(body) > _MAX_BODY_BYTES:
        data["lines"] = None
        body = _json({"type": "call.ended", "timestamp": timestamp, "data": data})
    return body


def headers(message_id: str, timestamp_s: int, body: bytes, secret: str) -> Mapping[str, str]:
    """Return the headers of an attempt; without a secret the request is not signed."""
    found = {
        "Content-Type": "application/json",
        "User-Agent": "Parley",
        "Idempotency-Key": message_id,
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp_s),
    }
    if secret:
        found["webhook-signature"] = f"v1,{signature(message_id, timestamp_s, body, secret)}"
    return found


def signature(message_id: str, timestamp_s: int, body: bytes, secret: str) -> str:
    """Return the signature of a request: HMAC-SHA256 in Base64."""
    signed = f"{message_id}.{timestamp_s}.".encode() + body
    return base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode()


def _key(secret: str) -> bytes:
    """The key of a secret: Base64 after the prefix `whsec_`, or else the text itself."""
    if secret.startswith(_SECRET_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(_SECRET_PREFIX), validate=True)
        except binascii.Error:
            pass
    return secret.encode()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
