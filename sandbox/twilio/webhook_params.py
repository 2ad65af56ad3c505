"""The parameters that Twilio sends to webhooks and callbacks. No I/O, no clock."""

from datetime import UTC, datetime
from email.utils import format_datetime

from sandbox.twilio.records import API_VERSION, CallRecord, RecordingRecord

_TERMINAL = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
_PLACES = ("City", "State", "Zip", "Country")


def call_params(call: CallRecord) -> dict[str, str]:
    """Parameters of every request about a call."""
    params = {
        "CallSid": call.sid,
        "AccountSid": call.account_sid,
        "From": call.from_,
        "To": call.to,
        "Caller": call.from_,
        "Called": call.to,
        "CallStatus": call.status,
        "ApiVersion": API_VERSION,
        "Direction": call.direction,
        **_geography(call),
    }
    if call.parent_sid:
        params["ParentCallSid"] = call.parent_sid
    if call.direction == "inbound":
        params["StirVerstat"] = "TN-Validation-Passed-A"
    if call.answered_by:
        params["AnsweredBy"] = call.answered_by
    return params


def call_status(call: CallRecord, status: str, sequence: int, now: float) -> dict[str, str]:
    """Parameters of a call status callback."""
    params = {
        **call_params(call),
        "CallStatus": status,
        "Timestamp": format_datetime(datetime.fromtimestamp(now, UTC)),
        "CallbackSource": "call-progress-events",
        "SequenceNumber": str(sequence),
    }
    if status in _TERMINAL:
        params["CallDuration"] = str(call.duration_s)
        params["SipResponseCode"] = str(call.sip_response_code)
    if status == "completed":
        params["Duration"] = str(-(-call.duration_s // 60))
    return params


def stream_status(
    call: CallRecord, stream_sid: str, stream_name: str, event: str, now: float, error: str | None = None
) -> dict[str, str]:
    """Parameters of a stream status callback."""
    params = {
        "AccountSid": call.account_sid,
        "CallSid": call.sid,
        "StreamSid": stream_sid,
        "StreamName": stream_name,
        "StreamEvent": event,
        "Timestamp": datetime.fromtimestamp(now, UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z"),
    }
    return params if error is None else {**params, "StreamError": error}


def recording_status(recording: RecordingRecord, url: str) -> dict[str, str]:
    """Parameters of a recording status callback; `url` is the URL of the audio."""
    return {
        "AccountSid": recording.account_sid,
        "CallSid": recording.call_sid,
        "RecordingSid": recording.sid,
        "RecordingUrl": url,
        "RecordingStatus": recording.status,
        "RecordingDuration": str(recording.duration_s or 0),
        "RecordingChannels": str(recording.channels),
        "RecordingStartTime": format_datetime(datetime.fromtimestamp(recording.started_at, UTC)),
        "RecordingSource": recording.source,
        "RecordingTrack": recording.track,
    }


def machine_detection(call: CallRecord, answered_by: str, duration_ms: int) -> dict[str, str]:
    """Parameters of the asynchronous answering machine detection callback."""
    return {
        "CallSid": call.sid,
        "AccountSid": call.account_sid,
        "AnsweredBy": answered_by,
        "MachineDetectionDuration": str(duration_ms),
    }


def _geography(call: CallRecord) -> dict[str, str]:
    sides = {"From": call.from_, "To": call.to, "Caller": call.from_, "Called": call.to}
    return {
        f"{side}{place}": "US" if place == "Country" and number.startswith("+1") else ""
        for side, number in sides.items()
        for place in _PLACES
    }
