"""The values that tools exchange with a backend: requests and their results."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Request:
    """A tool call that has an effect; the same request may arrive again, and then has no second effect."""

    call_sid: str
    """Twilio's id of the call."""
    tool_call_id: str
    """The same for the same call, turn, tool and arguments, also after a takeover by another process."""
    caller_number: str = ""
    """Number of the person on the phone; empty if it is withheld."""
    agent: str = ""
    """Name of the agent."""

    @property
    def key(self) -> str:
        """The idempotency key: unique to this request among all calls."""
        return f"{self.call_sid}:{self.tool_call_id}"


@dataclass(frozen=True, slots=True)
class Slot:
    """A time at which a calendar is free."""

    calendar: str
    """Name of the calendar."""
    title: str
    """Name that is spoken, such as `Dr. Miller`."""
    starts_at: datetime
    """In the calendar's zone."""
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Appointment:
    """A booked appointment."""

    reference: str
    """Digits that the caller can give to cancel it."""
    slot: Slot
    name: str
    number: str
    note: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True)
class SlotQuery:
    """Which free slots are wanted."""

    calendars: tuple[str, ...]
    """Names of calendars; empty for all."""
    after: str
    """ISO date or local time in the calendar's zone, from which slots are wanted; empty for now."""
    before: str = ""
    """ISO date (included) or local time until which slots are wanted; empty for as far as one may book."""
    minutes: int | None = None
    """Length of the appointment; None for the calendar's own slot length."""
    limit: int = 5
    """Maximum number of slots."""


@dataclass(frozen=True, slots=True)
class NewAppointment:
    """An appointment to book."""

    calendars: tuple[str, ...]
    """The calendars that it may be in, in order of preference; empty for any."""
    start: str
    """ISO local time in the calendar's zone, or with an offset."""
    name: str
    number: str
    note: str = ""
    service: str = ""
    minutes: int | None = None
    """Its length; None for the calendar's own slot length."""
    replaces: str = ""
    """Reference of an appointment that is cancelled in the same step; empty for none."""
    any_caller: bool = False
    """Whether `replaces` may be an appointment of another caller."""
    alternatives: int = 3
    """Number of free slots to return if this one cannot be booked."""


BookingProblem: TypeAlias = Literal["", "taken", "closed", "past", "too_soon", "too_far", "not_found"]
"""Empty: booked. `closed`: no slot begins then. `not_found`: the appointment to replace does not exist."""


@dataclass(frozen=True, slots=True)
class BookingResult:
    """A booked appointment, or why it was not booked."""

    problem: BookingProblem = ""
    appointment: Appointment | None = None
    replaced: Appointment | None = None
    alternatives: tuple[Slot, ...] = ()


@dataclass(frozen=True, slots=True)
class Cancellation:
    """Which appointment to cancel."""

    reference: str = ""
    """Its digits; empty to find it by `start`, or as the caller's only one."""
    start: str = ""
    """ISO date or local time in the calendar's zone; empty for any."""
    calendars: tuple[str, ...] = ()
    """Names of calendars; empty for all."""
    any_caller: bool = False
    """Whether a reference suffices for an appointment of another caller."""


CancelProblem: TypeAlias = Literal["", "not_found", "ambiguous"]


@dataclass(frozen=True, slots=True)
class CancelResult:
    """A cancelled appointment, or why none was cancelled."""

    problem: CancelProblem = ""
    appointment: Appointment | None = None
    candidates: tuple[Appointment, ...] = ()
    """The caller's appointments that fit, if there are several."""


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer with all fields that are stored of them."""

    customer_id: str
    numbers: tuple[str, ...]
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Lead:
    """A person who is interested."""

    name: str
    contact: str
    """Number or e-mail address."""
    interest: str
    score: int
    budget: Decimal | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


Urgency: TypeAlias = Literal["low", "normal", "urgent"]


@dataclass(frozen=True, slots=True)
class Message:
    """A message for a person or a department."""

    recipient: str
    text: str
    callback_number: str
    name: str = ""
    """Name of the person who left it."""
    urgency: Urgency = "normal"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A stored lead or message."""

    reference: str
