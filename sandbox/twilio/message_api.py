"""Twilio's REST API of text messages: send, list, fetch, and the reasons for which an account is refused."""

import re
import time
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.twilio.api_forms import ApiError, Form
from sandbox.twilio.network import Network
from sandbox.twilio.records import API_VERSION, MessageRecord, message_json, new_sid
from sandbox.twilio.rest_page import not_found, page
from sandbox.twilio.settings import TwilioSandboxSettings

Handler = Callable[[Request], Awaitable[Response]]

_MESSAGES = f"/{API_VERSION}/Accounts/{{account}}/Messages"
_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_SERVICE_SID = re.compile(r"MG[0-9a-f]{32}")
_MAX_BODY_CHARS = 1600
FILTERED = 30007


def message_table(network: Network) -> list[tuple[str, str, Handler]]:
    """The routes: method, path and handler of each."""
    settings = network.context.runtime_settings

    async def create(request: Request) -> Response:
        message = parse_message(Form(await request.form()), settings.current, time.time())
        network.add_message(message)
        return JSONResponse(message_json(message), 201)

    async def list_messages(request: Request) -> Response:
        wanted = {
            name: request.query_params[key]
            for key, name in (("To", "to"), ("From", "from_"))
            if key in request.query_params
        }
        found = [
            message_json(message, _status(message))
            for message in reversed(network.messages.values())
            if all(getattr(message, name) == value for name, value in wanted.items())
        ]
        return page(request, "messages", found)

    async def fetch(request: Request) -> Response:
        message = network.messages.get(request.path_params["message"])
        if message is None:
            raise not_found(request)
        return JSONResponse(message_json(message, _status(message)))

    return [
        ("POST", f"{_MESSAGES}.json", create),
        ("GET", f"{_MESSAGES}.json", list_messages),
        ("GET", f"{_MESSAGES}/{{message}}.json", fetch),
    ]


def parse_message(form: Form, settings: TwilioSandboxSettings, now: float) -> MessageRecord:
    """Parse a request to send a text message.

    Raises:
        ApiError: Twilio would refuse it.
    """
    to, from_ = form.one("To"), form.one("From")
    service, body = form.one("MessagingServiceSid"), form.one("Body")
    _check_numbers(to, from_, service, settings)
    if not body and not form.many("MediaUrl"):
        raise ApiError(400, 21602, "Message body is required")
    if len(body) > _MAX_BODY_CHARS:
        raise ApiError(400, 21617, "The concatenated message body exceeds the 1600 character limit")
    return MessageRecord(
        new_sid("SM"),
        settings.account_sid,
        from_ or None,
        to,
        body,
        service or None,
        now,
        FILTERED if to in settings.filtered_numbers else None,
    )


def _check_numbers(to: str, from_: str, service: str, settings: TwilioSandboxSettings) -> None:
    if not to:
        raise ApiError(400, 21604, "A 'To' phone number is required")
    if not from_ and not service:
        raise ApiError(400, 21603, "A 'From' phone number is required")
    if service and not _SERVICE_SID.fullmatch(service):
        raise ApiError(400, 21701, f"The Messaging Service resource {service} does not exist")
    if not _E164.fullmatch(to):
        raise ApiError(400, 21211, f"Invalid 'To' Phone Number: {to}")
    if from_:
        _check_sender(from_, to, settings)
    if settings.account_type == "Trial" and to not in settings.verified_numbers:
        raise ApiError(400, 21608, f"The number {to} is unverified. Trial accounts cannot send to it")
    if to in settings.opted_out_numbers:
        raise ApiError(400, 21610, "Attempt to send to unsubscribed recipient")
    if to in settings.landline_numbers:
        raise ApiError(400, 21614, f"'To' number is not a valid mobile number: {to}")


def _check_sender(from_: str, to: str, settings: TwilioSandboxSettings) -> None:
    if not _E164.fullmatch(from_):
        raise ApiError(400, 21212, f"Invalid 'From' Phone Number: {from_}")
    if from_ == to:
        raise ApiError(400, 21266, "'To' and 'From' number cannot be the same")
    if from_ not in {number.phone_number for number in settings.numbers}:
        raise ApiError(400, 21606, f"The 'From' phone number {from_} is not a valid, SMS-capable number")


def _status(message: MessageRecord) -> str:
    return "delivered" if message.error_code is None else "undelivered"
