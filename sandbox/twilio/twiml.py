"""TwiML: XML to verbs. No I/O, no clock."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from xml.etree import ElementTree as ET

_DOCUMENT_PARSE_FAILURE = 12100
_SCHEMA_WARNING = 12200

_MOST = 86_400
"""No number in TwiML is larger: the seconds of a day."""


class TwimlError(ValueError):
    """A document that cannot be followed."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Say:
    """Read a text aloud."""

    text: str
    loop: int = 1


@dataclass(frozen=True, slots=True)
class Play:
    """Play a sound file, or keys."""

    url: str
    digits: str = ""
    loop: int = 1


@dataclass(frozen=True, slots=True)
class Pause:
    """Stay silent."""

    length_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Do not take the call."""

    reason: str = "rejected"


@dataclass(frozen=True, slots=True)
class Redirect:
    """Go on with the TwiML of another URL."""

    url: str
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Stream:
    """A media stream's address and what is said to it."""

    url: str
    name: str | None = None
    track: str = "inbound_track"
    status_callback: str | None = None
    status_callback_method: str = "POST"
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Connect:
    """Join the call to a bidirectional stream, until that ends."""

    stream: Stream
    action: str | None = None
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class StartStream:
    """Fork the call's sound to a stream and go on."""

    stream: Stream


@dataclass(frozen=True, slots=True)
class StopStream:
    """End a forked stream."""

    name: str


@dataclass(frozen=True, slots=True)
class Number:
    """Whom to dial."""

    to: str
    url: str | None = None
    status_callback: str | None = None
    status_callback_event: tuple[str, ...] = ("completed",)


@dataclass(frozen=True, slots=True)
class Dial:
    """Join the call to another telephone."""

    numbers: tuple[Number, ...]
    action: str | None = None
    method: str = "POST"
    timeout_s: float = 30.0
    caller_id: str | None = None
    time_limit_s: float = 14400.0


@dataclass(frozen=True, slots=True)
class Record:
    """Record the caller: a voicemail."""

    action: str | None = None
    method: str = "POST"
    timeout_s: float = 5.0
    max_length_s: float = 3600.0
    finish_on_key: str = "1234567890*#"
    play_beep: bool = True
    status_callback: str | None = None
    status_callback_event: tuple[str, ...] = ("completed",)


@dataclass(frozen=True, slots=True)
class Gather:
    """Collect keys while the prompts are played."""

    prompts: tuple[Say | Play | Pause, ...]
    action: str | None = None
    method: str = "POST"
    timeout_s: float = 5.0
    num_digits: int | None = None
    finish_on_key: str = "#"
    action_on_empty: bool = False


Verb = (
    Say
    | Play
    | Pause
    | Hangup
    | Reject
    | Redirect
    | Connect
    | StartStream
    | StopStream
    | Dial
    | Record
    | Gather
)


@dataclass(frozen=True, slots=True)
class Document:
    """A document's verbs, and what was odd about it without making it useless."""

    verbs: tuple[Verb, ...]
    warnings: tuple[str, ...] = ()


def parse(xml: str) -> Document:
    """Read a TwiML document; raises TwimlError when it is none."""
    try:
        root = ET.fromstring(xml.strip().encode())  # noqa: S314 - expat refuses entity bombs; the desk's own services wrote it
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
    if not 0 <= number <= _MOST:
        raise TwimlError(_SCHEMA_WARNING, f"<{element.tag} {name}={text!r}> is no number from 0 to {_MOST}")
    return number


def _events(element: ET.Element, name: str, default: str) -> tuple[str, ...]:
    return tuple(element.get(name, default).split())


def _stream(parent: ET.Element) -> Stream:
    element = parent.find("Stream")
    if element is None:
        raise TwimlError(_SCHEMA_WARNING, f"<{parent.tag}> holds no <Stream>")
    return Stream(
        url=element.get("url", ""),
        name=element.get("name"),
        track=element.get("track", "inbound_track"),
        status_callback=element.get("statusCallback"),
        status_callback_method=element.get("statusCallbackMethod", "POST").upper(),
        parameters=tuple((p.get("name", ""), p.get("value", "")) for p in element.findall("Parameter")),
    )


def _play(element: ET.Element) -> Play:
    return Play(_text(element), element.get("digits", ""), int(_number(element, "loop", 1)))


def _dial(element: ET.Element) -> Dial:
    nested = tuple(
        Number(
            _text(number),
            number.get("url"),
            number.get("statusCallback"),
            _events(number, "statusCallbackEvent", "completed"),
        )
        for number in element.findall("Number")
    )
    numbers = nested or (Number(_text(element)),)
    return Dial(
        numbers,
        action=element.get("action"),
        method=element.get("method", "POST").upper(),
        timeout_s=_number(element, "timeout", 30),
        caller_id=element.get("callerId"),
        time_limit_s=_number(element, "timeLimit", 14400),
    )


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
    "Say": lambda e: Say(_text(e), int(_number(e, "loop", 1))),
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
