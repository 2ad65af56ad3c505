"""Parses TwiML. No I/O, no clock."""

import math
from collections.abc import Callable, Mapping
from xml.etree import ElementTree as ET

from parley.audio.dtmf import is_digits
from sandbox.twilio.verbs import (
    Conference,
    Connect,
    Dial,
    Document,
    Gather,
    Hangup,
    Number,
    Pause,
    Play,
    Record,
    Redirect,
    Reject,
    Say,
    StartStream,
    StopStream,
    Stream,
    Verb,
)

_DOCUMENT_PARSE_FAILURE = 12100
_SCHEMA_WARNING = 12200

_MAX_NUMBER = 86_400
"""Largest number accepted in TwiML: the seconds of a day."""


class TwimlError(ValueError):
    """A document that cannot be executed."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


def parse(xml: str) -> Document:
    """Parse a document; raises TwimlError if it is not TwiML."""
    try:
        root = ET.fromstring(xml.strip().encode())  # noqa: S314 - expat rejects entity bombs; local services wrote it
    except ET.ParseError as error:
        raise TwimlError(_DOCUMENT_PARSE_FAILURE, f"not XML: {error}") from error
    if root.tag != "Response":
        raise TwimlError(_DOCUMENT_PARSE_FAILURE, f"the root is <{root.tag}>, not <Response>")
    verbs: list[Verb] = []
    warnings: list[str] = []
    for element in root:
        try:
            verbs.append(_verb(element))
        except TwimlError as error:
            warnings.append(str(error))
    return Document(tuple(verbs), tuple(warnings))


def _verb(element: ET.Element) -> Verb:
    read = _READERS.get(element.tag)
    if read is None:
        raise TwimlError(_SCHEMA_WARNING, f"unknown verb <{element.tag}>")
    return read(element)


def _text(element: ET.Element) -> str:
    return " ".join("".join(element.itertext()).split())


def _number(element: ET.Element, name: str, default: float) -> float:
    text = element.get(name)
    try:
        number = default if text is None else float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number <= _MAX_NUMBER:
        raise TwimlError(
            _SCHEMA_WARNING, f"<{element.tag} {name}={text!r}> is not a number from 0 to {_MAX_NUMBER}"
        )
    return number


def _events(element: ET.Element, name: str, default: str) -> tuple[str, ...]:
    return tuple(element.get(name, default).split())


def _stream(parent: ET.Element) -> Stream:
    element = parent.find("Stream")
    if element is None:
        raise TwimlError(_SCHEMA_WARNING, f"<{parent.tag}> has no <Stream>")
    return Stream(
        url=element.get("url", ""),
        name=element.get("name"),
        track=element.get("track", "inbound_track"),
        status_callback=element.get("statusCallback"),
        status_callback_method=element.get("statusCallbackMethod", "POST").upper(),
        parameters=tuple((p.get("name", ""), p.get("value", "")) for p in element.findall("Parameter")),
    )


def _play(element: ET.Element) -> Play:
    return Play(_text(element), _digits(element, "digits"), int(_number(element, "loop", 1)))


def _dial(element: ET.Element) -> Dial:
    nested = tuple(
        Number(
            _text(number),
            number.get("url"),
            number.get("statusCallback"),
            _events(number, "statusCallbackEvent", "completed"),
            _digits(number, "sendDigits"),
        )
        for number in (*element.findall("Number"), *element.findall("Sip"))
    )
    room = element.find("Conference")
    numbers = nested or (Number(_text(element)),) if room is None else ()
    return Dial(
        numbers,
        action=element.get("action"),
        method=element.get("method", "POST").upper(),
        timeout_s=_number(element, "timeout", 30),
        caller_id=element.get("callerId"),
        time_limit_s=_number(element, "timeLimit", 14400),
        conference=None if room is None else _conference(room),
    )


def _conference(element: ET.Element) -> Conference:
    name = _text(element)
    if not name:
        raise TwimlError(_SCHEMA_WARNING, "<Conference> has no name")
    return Conference(
        name,
        _flag(element, "startConferenceOnEnter", default=True),
        _flag(element, "endConferenceOnExit", default=False),
        element.get("waitUrl"),
        element.get("statusCallback"),
        _events(element, "statusCallbackEvent", ""),
    )


def _flag(element: ET.Element, name: str, *, default: bool) -> bool:
    text = element.get(name)
    if text not in (None, "true", "false"):
        raise TwimlError(_SCHEMA_WARNING, f"<{element.tag} {name}={text!r}> is neither true nor false")
    return default if text is None else text == "true"


def _digits(element: ET.Element, name: str) -> str:
    text = element.get(name, "")
    if text and not is_digits(text):
        raise TwimlError(_SCHEMA_WARNING, f"<{element.tag} {name}={text!r}> has more than keys and w")
    return text


def _record(element: ET.Element) -> Record:
    return Record(
        action=element.get("action"),
        method=element.get("method", "POST").upper(),
        timeout_s=_number(element, "timeout", 5),
        max_length_s=_number(element, "maxLength", 3600),
        finish_on_key=element.get("finishOnKey", "1234567890*#"),
        play_beep=element.get("playBeep", "true") == "true",
        status_callback=element.get("recordingStatusCallback"),
        status_callback_event=_events(element, "recordingStatusCallbackEvent", "completed"),
    )


def _gather(element: ET.Element) -> Gather:
    prompts = tuple(_verb(child) for child in element)
    digits = element.get("numDigits")
    return Gather(
        prompts=tuple(prompt for prompt in prompts if isinstance(prompt, Say | Play | Pause)),
        action=element.get("action"),
        method=element.get("method", "POST").upper(),
        timeout_s=_number(element, "timeout", 5),
        num_digits=int(_number(element, "numDigits", 1)) if digits else None,
        finish_on_key=element.get("finishOnKey", "#"),
        action_on_empty=element.get("actionOnEmptyResult", "false") == "true",
    )


def _stop(element: ET.Element) -> StopStream:
    return StopStream(_stream(element).name or "")


_READERS: Mapping[str, Callable[[ET.Element], Verb]] = {
    "Say": lambda e: Say(_text(e), int(_number(e, "loop", 1)), e.get("voice", ""), e.get("language", "")),
    "Play": _play,
    "Pause": lambda e: Pause(_number(e, "length", 1)),
    "Hangup": lambda _: Hangup(),
    "Reject": lambda e: Reject(e.get("reason", "rejected")),
    "Redirect": lambda e: Redirect(_text(e), e.get("method", "POST").upper()),
    "Connect": lambda e: Connect(_stream(e), e.get("action"), e.get("method", "POST").upper()),
    "Start": lambda e: StartStream(_stream(e)),
    "Stop": _stop,
    "Dial": _dial,
    "Record": _record,
    "Gather": _gather,
}
