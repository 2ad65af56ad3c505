"""The built-in backend: all interfaces over one database."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import asyncpg
from pydantic import TypeAdapter

from parley.database.connections import Database
from parley.errors import ProviderError, ProviderRejected
from parley.records.interfaces import RecordsUnavailable
from parley.records.postgres import appointments, customers
from parley.records.postgres.effects import once
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

OPERATION_TIMEOUT_S = 4.0
"""Time limit of one operation, including the wait for a server that restarts."""

_BOOKING = TypeAdapter(BookingResult)
_CANCELLING = TypeAdapter(CancelResult)
_RECEIPT = TypeAdapter(Receipt)

_LOG_LEAD = """
INSERT INTO leads (name, contact, interest, budget, score, fields, caller_number, agent, call_sid)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id
"""
_TAKE_MESSAGE = """
INSERT INTO messages (recipient, text, urgency, name, callback_number, caller_number, agent, call_sid)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id
"""

Result = TypeVar("Result")


class PostgresRecords:
    """Stores appointments, customers, leads and messages in Postgres."""

    def __init__(self, database: Database, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._now = now

    async def find_free_slots(self, query: SlotQuery) -> Sequence[Slot]:
        """Return free slots in the order of their times."""
        return await self._run(lambda connection: appointments.find_free(connection, query, self._now()))

    async def book_appointment(self, request: Request, wanted: NewAppointment) -> BookingResult:
        """Book an appointment, or return why it cannot be booked and what is free instead."""
        return await self._once(
            request,
            _BOOKING,
            lambda connection: appointments.book(connection, request, wanted, self._now()),
        )

    async def cancel_appointment(self, request: Request, which: Cancellation) -> CancelResult:
        """Cancel one appointment of the caller, or return why none was cancelled."""
        return await self._once(
            request,
            _CANCELLING,
            lambda connection: appointments.cancel(connection, request, which, self._now()),
        )

    async def find_customers(self, number: str, fields: Mapping[str, str], limit: int) -> Sequence[Customer]:
        """Return customers that have the number, if it is not empty, and all of the fields' values."""
        return await self._run(lambda connection: customers.find_customers(connection, number, fields, limit))

    async def log_lead(self, request: Request, lead: Lead) -> Receipt:
        """Store a lead."""
        values = (
            lead.name,
            lead.contact,
            lead.interest,
            lead.budget,
            lead.score,
            json.dumps(dict(lead.fields)),
        )
        return await self._once(request, _RECEIPT, lambda used: _receipt(used, _LOG_LEAD, request, *values))

    async def take_message(self, request: Request, message: Message) -> Receipt:
        """Store a message."""
        values = (message.recipient, message.text, message.urgency, message.name, message.callback_number)
        return await self._once(
            request, _RECEIPT, lambda used: _receipt(used, _TAKE_MESSAGE, request, *values)
        )

    async def _once(
        self,
        request: Request,
        kind: TypeAdapter[Result],
        effect: Callable[[asyncpg.Connection], Awaitable[Result]],
    ) -> Result:
        return await self._run(lambda connection: once(connection, request, kind, lambda: effect(connection)))

    async def _run(self, work: Callable[[asyncpg.Connection], Awaitable[Result]]) -> Result:
        try:
            return await self._database.run(work, OPERATION_TIMEOUT_S)
        except ProviderRejected as error:
            raise ValueError("a value is too long, too large or not text") from error
        except ProviderError as error:
            raise RecordsUnavailable(str(error)) from error


async def _receipt(connection: asyncpg.Connection, sql: str, request: Request, *values: object) -> Receipt:
    identity = await connection.fetchval(sql, *values, request.caller_number, request.agent, request.call_sid)
    return Receipt(str(identity))
