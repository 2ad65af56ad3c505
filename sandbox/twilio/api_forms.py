"""Parses and validates the form bodies of REST requests as Twilio does. No I/O, no clock."""

import re
from urllib.parse import urlsplit

from starlette.datastructures import FormData

from parley.audio.dtmf import is_digits
from sandbox.twilio.call_flow import Source
from sandbox.twilio.detect_machine import MachineDetectionOptions
from sandbox.twilio.live_call import CallPlan
from sandbox.twilio.network import OutboundCall
from sandbox.twilio.recordings import RecordingOptions
from sandbox.twilio.records import Callback
from sandbox.twilio.twiml import TwimlError, parse
from sandbox.twilio.verbs import Document, Stream

NUMBER = re.compile(r"\+[1-9]\d{6,14}|sip:\S+|client:\S+")
_STATUS_EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})


class ApiError(Exception):
    """A request that Twilio would reject, with its HTTP status and error code."""

    def __init__(self, status: int, code: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.code = code


class Form:
    """Form fields by name; a name may occur more than once."""

    def __init__(self, data: FormData) -> None:
        self._data = data

    def has(self, name: str) -> bool:
        """Whether the form has a field of this name, even an empty one."""
        return name in self._data

    def one(self, name: str, default: str = "") -> str:
        """The value of a name, or the default."""
        value = self._data.get(name)
        return value if isinstance(value, str) and value else default

    def many(self, name: str) -> tuple[str, ...]:
        """All values of a name; a value may contain several words separated by spaces."""
        return tuple(
            word for value in self._data.getlist(name) if isinstance(value, str) for word in value.split()
        )

    def number(self, name: str, default: float) -> float:
        """The value of a field as a non-negative number."""
        text = self.one(name)
        if not text:
            return default
        if not text.isdecimal():
            raise ApiError(400, 20001, f"{name} is not a number: {text}")
        return float(text)

    def method(self, name: str) -> str:
        """The HTTP method in a field: GET or POST."""
        return "GET" if self.one(name).upper() == "GET" else "POST"

    def callback(self, name: str, default_events: tuple[str, ...]) -> Callback | None:
        """A callback with its method and events, or None without a URL."""
        url = self.one(name)
        if not url:
            return None
        return Callback(url, self.method(f"{name}Method"), self.many(f"{name}Event") or default_events)


def parse_call(form: Form) -> OutboundCall:
    """A request to place a call."""
    to, from_ = form.one("To"), form.one("From")
    if not to:
        raise ApiError(400, 21201, "No 'To' number is specified")
    if not from_:
        raise ApiError(400, 21213, "No 'From' number is specified")
    if not NUMBER.fullmatch(to):
        raise ApiError(400, 21211, f"Invalid 'To' Phone Number: {to}")
    if not NUMBER.fullmatch(from_):
        raise ApiError(400, 21212, f"Invalid 'From' Phone Number: {from_}")
    twiml = parse_twiml_source(form)
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
        recording=parse_recording_options(form, "OutboundAPI") if record else None,
        send_digits=_send_digits(form),
    )
    return OutboundCall(from_, to, plan, status_callback, form.number("TimeLimit", 14400))


def parse_twiml_source(form: Form) -> Document | Source | None:
    """The TwiML of a call: a URL (which takes precedence), a literal document, or None."""
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


def parse_stream(form: Form) -> Stream:
    """A request to fork a call's audio to a media stream."""
    url, track = form.one("Url"), form.one("Track", "inbound_track")
    if not url.startswith("wss://"):
        raise ApiError(400, 21205, f"Url is not a valid wss URL: {url}")
    if track not in ("inbound_track", "outbound_track", "both_tracks"):
        raise ApiError(400, 20001, f"Invalid Track: {track}")
    callback = form.one("StatusCallback") or None
    return Stream(url, form.one("Name") or None, track, callback, form.method("StatusCallbackMethod"))


def parse_recording_options(form: Form, source: str) -> RecordingOptions:
    """The options of a call recording."""
    channels = {"dual": 2, "mono": 1}.get(form.one("RecordingChannels", "mono"))
    track = form.one("RecordingTrack", "both")
    if channels is None:
        raise ApiError(400, 21220, "RecordingChannels is neither mono nor dual")
    if track not in ("inbound", "outbound", "both"):
        raise ApiError(400, 21220, "RecordingTrack is none of inbound, outbound, both")
    return RecordingOptions(
        channels if track == "both" else 1,
        track,
        source,
        form.callback("RecordingStatusCallback", ("completed",)),
    )


def _send_digits(form: Form) -> str:
    digits = form.one("SendDigits")
    if digits and not is_digits(digits):
        raise ApiError(400, 21219, f"Invalid SendDigits: {digits}")
    return digits


def _machine_detection(form: Form) -> MachineDetectionOptions | None:
    wanted = form.one("MachineDetection")
    if not wanted or form.one("SendDigits"):
        return None
    if wanted not in ("Enable", "DetectMessageEnd"):
        raise ApiError(400, 21216, f"Invalid MachineDetection: {wanted}")
    return MachineDetectionOptions(
        wait_for_end=wanted == "DetectMessageEnd",
        asynchronous=form.one("AsyncAmd").lower() == "true",
        callback_url=form.one("AsyncAmdStatusCallback") or None,
        callback_method=form.method("AsyncAmdStatusCallbackMethod"),
    )
