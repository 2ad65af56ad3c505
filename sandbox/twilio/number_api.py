"""Twilio's REST API of the account's numbers: list, fetch, and update of the webhooks."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.twilio.api_forms import Form
from sandbox.twilio.incoming_number import IncomingNumber
from sandbox.twilio.network import Network
from sandbox.twilio.number_form import changed
from sandbox.twilio.records import API_VERSION
from sandbox.twilio.rest_page import not_found, page
from sandbox.twilio.settings import TwilioSandboxSettings

Handler = Callable[[Request], Awaitable[Response]]

_NUMBERS = f"/{API_VERSION}/Accounts/{{account}}/IncomingPhoneNumbers"
_CREATED = "Thu, 01 Jan 2026 00:00:00 +0000"


def number_table(network: Network) -> list[tuple[str, str, Handler]]:
    """The routes: method, path and handler of each."""

    async def list_numbers(request: Request) -> Response:
        settings = network.context.settings
        wanted = request.query_params.get("PhoneNumber", "").removeprefix("+")
        # As at Twilio, a part of a number finds it.
        found = [number_json(n, settings) for n in settings.numbers if wanted in n.phone_number]
        return page(request, "incoming_phone_numbers", found)

    async def fetch(request: Request) -> Response:
        return JSONResponse(number_json(_number(network, request), network.context.settings))

    async def update(request: Request) -> Response:
        number = _number(network, request)
        after = changed(number, Form(await request.form()))
        numbers = [after if n.sid == after.sid else n for n in network.context.settings.numbers]
        network.context.runtime_settings.update({"numbers": [n.model_dump() for n in numbers]})
        return JSONResponse(number_json(after, network.context.settings))

    return [
        ("GET", f"{_NUMBERS}.json", list_numbers),
        ("GET", f"{_NUMBERS}/{{number}}.json", fetch),
        ("POST", f"{_NUMBERS}/{{number}}.json", update),
    ]


def number_json(number: IncomingNumber, settings: TwilioSandboxSettings) -> dict[str, object]:
    """An IncomingPhoneNumber resource."""
    fallback, status = settings.fallback_url or "", settings.status_url or ""
    return {
        "sid": number.sid,
        "account_sid": settings.account_sid,
        "friendly_name": number.friendly_name,
        "phone_number": number.phone_number,
        "voice_url": (settings.voice_url or "") if number.voice_url is None else number.voice_url,
        "voice_method": number.voice_method,
        "voice_fallback_url": fallback if number.voice_fallback_url is None else number.voice_fallback_url,
        "voice_fallback_method": number.voice_fallback_method,
        "voice_caller_id_lookup": False,
        "status_callback": status if number.status_callback is None else number.status_callback,
        "status_callback_method": number.status_callback_method,
        "voice_application_sid": number.voice_application_sid or None,
        "trunk_sid": number.trunk_sid or None,
        "voice_receive_mode": number.voice_receive_mode,
        "capabilities": {"voice": number.voice, "sms": True, "mms": True, "fax": False},
        "sms_url": "",
        "sms_method": "POST",
        "sms_application_sid": "",
        "address_requirements": "none",
        "beta": False,
        "origin": "twilio",
        "status": "in-use",
        "api_version": API_VERSION,
        "date_created": _CREATED,
        "date_updated": _CREATED,
        "uri": f"/{API_VERSION}/Accounts/{settings.account_sid}/IncomingPhoneNumbers/{number.sid}.json",
    }


def _number(network: Network, request: Request) -> IncomingNumber:
    for number in network.context.settings.numbers:
        if number.sid == request.path_params["number"]:
            return number
    raise not_found(request)
