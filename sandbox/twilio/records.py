"""Call, recording and message records, and their JSON in REST responses. No I/O."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from secrets import token_hex
from typing import Any

API_VERSION = "2010-04-01"
_LIVE_STATUSES = frozenset({"queued", "initiated", "ringing", "in-progress"})


def new_sid(prefix: str) -> str:
    """A new identifier: two letters and 32 hexadecimal digits."""
    return prefix + token_hex(16)


def rfc2822(at: float | None) -> str | None:
    """A time in the format of REST responses."""
    return None if at is None else format_datetime(datetime.fromtimestamp(at, UTC))


@dataclass(frozen=True, slots=True)
class Callback:
    """A callback URL and the events sent to it."""

    url: str
    method: str = "POST"
    events: tuple[str, ...] = ("completed",)


@dataclass(slots=True)
class CallRecord:
    """One leg of a call."""

    sid: str
    account_sid: str
    from_: str
    to: str
    direction: str
    created_at: float
    status: str = "queued"
    updated_at: float = 0.0
    started_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    parent_sid: str | None = None
    answered_by: str | None = None
    sip_response_code: int = 200
    status_callback: Callback | None = None
    status_sequence: int = 0
    time_limit_s: float = 14400.0

    @property
    def is_live(self) -> bool:
        """True until the call has ended."""
        return self.status in _LIVE_STATUSES

    @property
    def duration_s(self) -> int:
        """Whole seconds from answer to end."""
        if self.ended_at is None or self.answered_at is None:
            return 0
        return max(1, round(self.ended_at - self.answered_at))


@dataclass(slots=True)
class RecordingRecord:
    """A recording, as a range of its call's audio."""

    sid: str
    call_sid: str
    account_sid: str
    channels: int
    track: str
    source: str
    started_at: float
    start_byte: int
    end_byte: int | None = None
    status: str = "in-progress"
    updated_at: float = 0.0
    duration_s: int | None = None
    callback: Callback | None = None


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """An accepted text message."""

    sid: str
    account_sid: str
    from_: str | None
    to: str
    body: str
    messaging_service_sid: str | None
    created_at: float
    error_code: int | None = None
    """Error of a message that Twilio accepts and does not deliver."""


def call_json(call: CallRecord) -> dict[str, Any]:
    """A Call resource; numbers are strings or null."""
    uri = f"/{API_VERSION}/Accounts/{call.account_sid}/Calls/{call.sid}"
    names = (
        "events",
        "notifications",
        "payments",
        "recordings",
        "siprec",
        "streams",
        "transcriptions",
        "user_defined_message_subscriptions",
        "user_defined_messages",
    )
    return {
        "sid": call.sid,
        "date_created": rfc2822(call.created_at),
        "date_updated": rfc2822(call.updated_at or call.created_at),
        "parent_call_sid": call.parent_sid,
        "account_sid": call.account_sid,
        "to": call.to,
        "to_formatted": call.to,
        "from": call.from_,
        "from_formatted": call.from_,
        "phone_number_sid": None,
        "status": call.status,
        "start_time": rfc2822(call.answered_at or call.started_at),
        "end_time": rfc2822(call.ended_at),
        "duration": None if call.is_live else str(call.duration_s),
        "price": None,
        "price_unit": "USD",
        "direction": call.direction,
        "answered_by": call.answered_by,
        "annotation": None,
        "api_version": API_VERSION,
        "forwarded_from": None,
        "group_sid": None,
        "caller_name": None,
        "queue_time": "0",
        "stir_verstat": None,
        "trunk_sid": None,
        "uri": f"{uri}.json",
        "subresource_uris": {name: f"{uri}/{_camel(name)}.json" for name in names},
    }


def stream_json(call: CallRecord, sid: str, name: str, created_at: float) -> dict[str, Any]:
    """A newly created Stream resource."""
    return {
        "sid": sid,
        "account_sid": call.account_sid,
        "call_sid": call.sid,
        "name": name,
        "status": "in-progress",
        "date_updated": rfc2822(created_at),
        "uri": f"/{API_VERSION}/Accounts/{call.account_sid}/Calls/{call.sid}/Streams/{sid}.json",
    }


def recording_json(recording: RecordingRecord, *, of_call: bool) -> dict[str, Any]:
    """A Recording resource, as a subresource of its call or on its own."""
    account = f"/{API_VERSION}/Accounts/{recording.account_sid}"
    path = f"{account}/Calls/{recording.call_sid}" if of_call else account
    body: dict[str, Any] = {
        "account_sid": recording.account_sid,
        "api_version": API_VERSION,
        "call_sid": recording.call_sid,
        "conference_sid": None,
        "date_created": rfc2822(recording.started_at),
        "date_updated": rfc2822(recording.updated_at or recording.started_at),
        "start_time": rfc2822(recording.started_at),
        "duration": None if recording.duration_s is None else str(recording.duration_s),
        "sid": recording.sid,
        "price": None,
        "price_unit": "USD",
        "status": recording.status,
        "channels": recording.channels,
        "source": recording.source,
        "error_code": None,
        "uri": f"{path}/Recordings/{recording.sid}.json",
        "encryption_details": None,
    }
    if of_call:
        return {**body, "track": recording.track}
    prefix = f"{account}/Recordings/{recording.sid}"
    uris = {
        "add_on_results": f"{prefix}/AddOnResults.json",
        "transcriptions": f"{prefix}/Transcriptions.json",
    }
    return {**body, "subresource_uris": uris, "media_url": f"https://api.twilio.com{prefix}"}


def message_json(message: MessageRecord, status: str = "queued") -> dict[str, Any]:
    """A Message resource; a newly accepted one is queued."""
    uri = f"/{API_VERSION}/Accounts/{message.account_sid}/Messages/{message.sid}"
    return {
        "body": message.body,
        "num_segments": str(max(1, -(-len(message.body) // 160))),
        "direction": "outbound-api",
        "from": message.from_,
        "to": message.to,
        "date_updated": rfc2822(message.created_at),
        "price": None,
        "error_message": None,
        "uri": f"{uri}.json",
        "account_sid": message.account_sid,
        "num_media": "0",
        "status": status,
        "messaging_service_sid": message.messaging_service_sid,
        "sid": message.sid,
        "date_sent": None if status == "queued" else rfc2822(message.created_at),
        "date_created": rfc2822(message.created_at),
        "error_code": None if status == "queued" else message.error_code,
        "price_unit": None,
        "api_version": API_VERSION,
        "subresource_uris": {"media": f"{uri}/Media.json"},
    }


def error_json(status: int, code: int, message: str) -> dict[str, Any]:
    """The body of an error response."""
    return {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
