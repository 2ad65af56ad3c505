"""The verbs of a TwiML document. No I/O, no clock."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Say:
    """Speak a text."""

    text: str
    loop: int = 1
    voice: str = ""
    """Empty for the account's default voice."""
    language: str = ""
    """Empty for the voice's own language, or English."""


@dataclass(frozen=True, slots=True)
class Play:
    """Play an audio file, or DTMF digits."""

    url: str
    digits: str = ""
    loop: int = 1


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait in silence."""

    length_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Reject the call."""

    reason: str = "rejected"


@dataclass(frozen=True, slots=True)
class Redirect:
    """Continue with the TwiML of another URL."""

    url: str
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Stream:
    """A media stream's URL and parameters."""

    url: str
    name: str | None = None
    track: str = "inbound_track"
    status_callback: str | None = None
    status_callback_method: str = "POST"
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Connect:
    """Connect the call to a bidirectional stream until that ends."""

    stream: Stream
    action: str | None = None
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class StartStream:
    """Fork the call's audio to a stream and continue."""

    stream: Stream


@dataclass(frozen=True, slots=True)
class StopStream:
    """Stop a forked stream."""

    name: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number that <Dial> calls."""

    to: str
    url: str | None = None
    status_callback: str | None = None
    status_callback_event: tuple[str, ...] = ("completed",)
    send_digits: str = ""
    """Keys pressed when it answers."""


@dataclass(frozen=True, slots=True)
class Conference:
    """A room that <Dial> joins."""

    name: str
    start_on_enter: bool = True
    end_on_exit: bool = False
    wait_url: str | None = None
    """Empty for silence until the conference starts; None for Twilio's music."""
    status_callback: str | None = None
    status_callback_event: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dial:
    """Connect the call to another telephone, or to a conference."""

    numbers: tuple[Number, ...]
    action: str | None = None
    method: str = "POST"
    timeout_s: float = 30.0
    caller_id: str | None = None
    time_limit_s: float = 14400.0
    conference: Conference | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """Record a voicemail of the caller."""

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
    """Collect digits while the prompts are played."""

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
    """A document's verbs, and warnings about the parts that were skipped."""

    verbs: tuple[Verb, ...]
    warnings: tuple[str, ...] = ()
