"""The forms that REST requests bring, read and checked as Twilio checks them. No I/O, no clock."""

import re
from urllib.parse import urlsplit

from starlette.datastructures import FormData

from sandbox.twilio.call_flow import Source
from sandbox.twilio.detect_machine import MachineDetection
from sandbox.twilio.live_call import CallPlan
from sandbox.twilio.network import Outbound
from sandbox.twilio.recordings import RecordingWish
from sandbox.twilio.records import Callback, MessageRecord, new_sid
from sandbox.twilio.twiml import Document, Stream, TwimlError, parse

_NUMBER = re.compile(r"\+[1-9]\d{6,14}|sip:\S+|client:\S+")
_STATUS_EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})


class ApiError(Exception):
    """A request that Twilio would refuse, with its HTTP status and error code."""

    def __init__(self, status: int, code: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.code = code


class Form:
    """A form's fields by name; a name may come more than once."""

    def __init__(self, data: FormData) -> None:
        self._data = data

    def one(self, name: str, default: str = "") -> str:
        """The value of a name, or the default."""
        value = self._data.get(name)
        return value if isinstance(value, str) and value else default

    def many(self, name: str) -> tuple[str, ...]:
        """All values of a name; one value may hold several, with spaces between."""
        return tuple(
            word for value in self._data.getlist(name) if isinstance(value, str) for word in value.split()
        )

    def number(self, name: str, default: float) -> float:
        """A number that is not negative."""
        text = self.one(name)
        if not text:
            return default
        if not text.isdecimal():
            raise ApiError(400, 20001, f"{name} is not a number: {text}")
        return float(text)

    def method(self, name: str) -> str:
        """GET or POST."""
        return "GET" if self.one(name).upper() == "GET" else "POST"

    def callback(self, name: str, default_events: tuple[str, ...]) -> Callback | None:
        """Where something is to be told, which of it, and how."""
        url = self.one(name)
        if not url:
            return None
        return Callback(url, self.method(f"{name}Method"), self.many(f"{name}Event") or default_events)


def new_call(form: Form) -> Outbound:
    """A call to be placed."""
    to, from_ = form.one("To"), form.one("From")
    if not to:
        raise ApiError(400, 21201, "No 'To' number is specified")
    if not from_:
        raise ApiError(400, 21213, "No 'From' number is specified")
    if not _NUMBER.fullmatch(to):
        raise ApiError(400, 21211, f"Invalid 'To' Phone Number: {to}")
    if not _NUMBER.fullmatch(from_):
        raise ApiError(400, 21212, f"Invalid 'From' Phone Number: {from_}")
    twiml = twiml_wanted(form)
    if twiml is None:
        raise ApiError(400, 21205, "Url or Twiml is required")
    status_callback = form.callback("StatusCallback", ("completed",))
    if status_callback and (wrong := sorted(set(status_callback.events) - _STATUS_EVENTS)):
        raise ApiError(400, 21626, f"Invalid StatusCallbackEvent: {wrong[0]}")
    record = form.one("Record").lower() == "true"
    plan = CallPlan(
        twiml,
        fallback_url=form.one("FallbackUrl") or None,
        timeout_s=form.number("Timeout", 60) + 5,
        machine_detection=_machine_detection(form),
        recording=recording_wish(form, "OutboundAPI") if record else None,
    )
    return Outbound(from_, to, plan, status_callback, form.number("TimeLimit", 14400))


def twiml_wanted(form: Form) -> Document | Source | None:
    """What a call is to follow: an address before a document given outright, or neither."""
    url, text = form.one("Url"), form.one("Twiml")
    if url:
        if urlsplit(url).scheme not in ("http", "https"):
            raise ApiError(400, 21205, f"Url is not a valid URL: {url}")
        return Source(url, form.method("Method"))
    if not text:
        return None
    if len(text) > 4000:
        raise ApiError(400, 21617, "Twiml is longer than 4000 characters")
    try:
        return parse(text)
    except TwimlError as error:
        raise ApiError(400, error.code, str(error)) from error


def stream_wanted(form: Form) -> Stream:
    """A fork of a call's sound."""
    url, track = form.one("Url"), form.one("Track", "inbound_track")
    if not url.startswith("wss://"):
        raise ApiError(400, 21205, f"Url is not a valid wss URL: {url}")
    if track not in ("inbound_track", "outbound_track", "both_tracks"):
        raise ApiError(400, 20001, f"Invalid Track: {track}")
    callback = form.one("StatusCallback") or None
    return Stream(url, form.one("Name") or None, track, callback, form.method("StatusCallbackMethod"))


def recording_wish(form: Form, source: str) -> RecordingWish:
    """How a call is to be recorded."""
    channels = {"dual": 2, "mono": 1}.get(form.one("RecordingChannels", "mono"))
    track = form.one("RecordingTrack", "both")
    if channels is None:
        raise ApiError(400, 21220, "RecordingChannels is neither mono nor dual")
    if track not in ("inbound", "outbound", "both"):
        raise ApiError(400, 21220, "RecordingTrack is none of inbound, outbound, both")
    return RecordingWish(
        channels if track == "both" else 1,
        track,
        source,
        form.callback("RecordingStatusCallback", ("completed",)),
    )


def new_message(form: Form, account_sid: str, now: float) -> MessageRecord:
    """A text message to be sent."""
    to, from_ = form.one("To"), form.one("From")
    service, body = form.one("MessagingServiceSid"), form.one("Body")
    if not to:
        raise ApiError(400, 21604, "A 'To' phone number is required")
    if not from_ and not service:
        raise ApiError(400, 21603, "A 'From' phone number is required")
    if not _NUMBER.fullmatch(to):
        raise ApiError(400, 21211, f"Invalid 'To' Phone Number: {to}")
    if not body and not form.many("MediaUrl"):
        raise ApiError(400, 21602, "Message body is required")
    return MessageRecord(new_sid("SM"), account_sid, from_ or None, to, body, service or None, now)


def _machine_detection(form: Form) -> MachineDetection | None:
    wanted = form.one("MachineDetection")
    if not wanted or form.one("SendDigits"):
        return None
    if wanted not in ("Enable", "DetectMessageEnd"):
        raise ApiError(400, 21216, f"Invalid MachineDetection: {wanted}")
    return MachineDetection(
        waits_for_end=wanted == "DetectMessageEnd",
        asynchronous=form.one("AsyncAmd").lower() == "true",
        callback_url=form.one("AsyncAmdStatusCallback") or None,
        callback_method=form.method("AsyncAmdStatusCallbackMethod"),
    )
