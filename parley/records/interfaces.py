"""The interfaces between the tools of an agent and what stores their records.

A backend implements those that the agents use. It does each request's work once: the same `Request.key` may
arrive again, at the same time in another process too, and gets the first result. A method raises
`RecordsUnavailable` when it cannot work at present, and `ValueError` for a value that the model must correct,
with a text for the model.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from parley.errors import ParleyError
from parley.records.types import (
    BookingResult,
    Cancellation,
    CancelResult,
    Customer,
    Lead,
    Message,
    NewAppointment,
    Receipt,
    Request,
    Slot,
    SlotQuery,
)


class RecordsUnavailable(ParleyError):
    """A backend cannot work at present; the text is a reason for operators."""


@runtime_checkable
class AppointmentBook(Protocol):
    """Books and cancels appointments."""

    async def find_free_slots(self, query: SlotQuery) -> Sequence[Slot]:
        """Return free slots in the order of their times."""
        ...

    async def book_appointment(self, request: Request, wanted: NewAppointment) -> BookingResult:
        """Book an appointment, or return why it cannot be booked and what is free instead."""
        ...

    async def cancel_appointment(self, request: Request, which: Cancellation) -> CancelResult:
        """Cancel one appointment of the caller, or return why none was cancelled."""
        ...


@runtime_checkable
class CustomerDirectory(Protocol):
    """Looks customers up."""

    async def find_customers(self, number: str, fields: Mapping[str, str], limit: int) -> Sequence[Customer]:
        """Return customers that have the number, if it is not empty, and all of the fields' values."""
        ...


@runtime_checkable
class LeadLog(Protocol):
    """Stores leads."""

    async def log_lead(self, request: Request, lead: Lead) -> Receipt:
        """Store a lead."""
        ...


@runtime_checkable
class MessageBox(Protocol):
    """Stores messages."""

    async def take_message(self, request: Request, message: Message) -> Receipt:
        """Store a message."""
        ...
