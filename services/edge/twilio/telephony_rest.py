"""Twilio's REST requests for transfers and text messages: creates them, and finds those created before.

Twilio has no idempotency key for either. A request is therefore never repeated blindly: after a timeout or
the death of an edge, the resource is looked up first.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from parley.errors import ProviderRejected
from services.edge.twilio.rest_errors import TIMEOUT_S, provider_error

_MAX_FOUND = 50
_CLOCK_SKEW = timedelta(seconds=2)
"""Twilio's times are whole seconds of its own clock."""
_LEG_EVENTS = ["initiated", "ringing", "answered", "completed"]


class MessageRefused(ProviderRejected):
    """Twilio has refused a message; `code` is its error code."""

    def __init__(self, twilio_code: int, reason: str) -> None:
        super().__init__("twilio", reason)
        self.twilio_code = twilio_code


@dataclass(frozen=True, slots=True)
class LegRequest:
    """A call to a target of a warm transfer."""

    to: str
    from_: str
    url: str
    """Address of the first TwiML."""
    status_callback: str
    timeout_s: int
    send_digits: str = ""
    detect_machine: bool = True


@dataclass(frozen=True, slots=True)
class FoundCall:
    """A call at Twilio."""

    call_sid: str
    status: str


class TelephonyRest:
    """The requests of one account."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def dial(self, leg: LegRequest) -> str:
        """Call a target; return its CallSid.

        Raises:
            ProviderError: the request was rejected, rate limited, late or failed; the last two may have taken
                effect.
        """
        optional: dict[str, str] = {"send_digits": leg.send_digits} if leg.send_digits else {}
        # Twilio ignores the detection of a call with digits.
        if leg.detect_machine and not leg.send_digits:
            optional["machine_detection"] = "Enable"
        try:
            async with asyncio.timeout(TIMEOUT_S):
                call = await self._client.calls.create_async(
                    to=leg.to,
                    from_=leg.from_,
                    url=leg.url,
                    status_callback=leg.status_callback,
                    status_callback_event=_LEG_EVENTS,
                    timeout=leg.timeout_s,
                    **optional,
                )
        except Exception as error:
            raise provider_error(error) from error
        return str(call.sid)

    async def calls_to(self, to: str, since: datetime) -> Sequence[FoundCall]:
        """Return the calls that the API placed to an address since a time.

        Raises:
            ProviderError: the request failed.
        """
        try:
            async with asyncio.timeout(TIMEOUT_S):
                calls = await self._client.calls.list_async(to=to, limit=_MAX_FOUND)
        except Exception as error:
            raise provider_error(error) from error
        return [
            FoundCall(str(call.sid), str(call.status))
            for call in calls
            if call.direction == "outbound-api" and _is_after(call.date_created, since)
        ]

    async def children(self, call_sid: str) -> Sequence[FoundCall]:
        """Return the calls that `<Dial>` has placed from a call, the latest first.

        Raises:
            ProviderError: the request failed.
        """
        try:
            async with asyncio.timeout(TIMEOUT_S):
                calls = await self._client.calls.list_async(parent_call_sid=call_sid, limit=_MAX_FOUND)
        except Exception as error:
            raise provider_error(error) from error
        return [FoundCall(str(call.sid), str(call.status)) for call in calls]

    async def conference_sid(self, name: str) -> str:
        """Return the sid of the conference of this name that is in progress; empty without one.

        Raises:
            ProviderError: the request failed.
        """
        try:
            async with asyncio.timeout(TIMEOUT_S):
                found = await self._client.conferences.list_async(
                    friendly_name=name, status="in-progress", limit=1
                )
        except Exception as error:
            raise provider_error(error) from error
        return str(found[0].sid) if found else ""

    async def end_conference(self, conference_sid: str) -> None:
        """End a conference: all its participants leave it.

        Raises:
            ProviderError: the request failed.
        """
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await self._client.conferences(conference_sid).update_async(status="completed")
        except Exception as error:
            raise provider_error(error) from error

    async def send_message(self, to: str, from_: str, body: str) -> str:
        """Send a text message; return its sid.

        Raises:
            MessageRefused: Twilio has refused it.
            ProviderError: the request was rate limited, late or failed; the last two may have taken effect.
        """
        try:
            async with asyncio.timeout(TIMEOUT_S):
                message = await self._client.messages.create_async(to=to, from_=from_, body=body)
        except TwilioRestException as error:
            converted = provider_error(error)
            if isinstance(converted, ProviderRejected):
                raise MessageRefused(int(error.code or 0), converted.reason) from error
            raise converted from error
        except Exception as error:
            raise provider_error(error) from error
        return str(message.sid)

    async def find_message(
        self, to: str, from_: str, body: str, since: datetime, others: Collection[str] = ()
    ) -> str:
        """Return the sid of a message created since a time that is none of `others`; empty without one.

        Raises:
            ProviderError: the request failed.
        """
        try:
            async with asyncio.timeout(TIMEOUT_S):
                messages = await self._client.messages.list_async(to=to, from_=from_, limit=_MAX_FOUND)
        except Exception as error:
            raise provider_error(error) from error
        matching = (m for m in messages if m.body == body and _is_after(m.date_created, since))
        return next((str(message.sid) for message in matching if message.sid not in others), "")


def _is_after(created: datetime | None, since: datetime) -> bool:
    return created is not None and created.astimezone(UTC) >= since - _CLOCK_SKEW
