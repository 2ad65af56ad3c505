"""Twilio's REST API of the account itself: its status, its credit, its verified caller ids."""

import hashlib
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.twilio.api_forms import ApiError
from sandbox.twilio.network import Network
from sandbox.twilio.records import API_VERSION
from sandbox.twilio.rest_page import not_found, page
from sandbox.twilio.settings import TwilioSandboxSettings

Handler = Callable[[Request], Awaitable[Response]]

_ACCOUNT = f"/{API_VERSION}/Accounts/{{account}}"
_CREATED = "Thu, 01 Jan 2026 00:00:00 +0000"


def account_table(network: Network) -> list[tuple[str, str, Handler]]:
    """The routes: method, path and handler of each."""

    async def fetch(_request: Request) -> Response:
        return JSONResponse(_account_json(network.context.settings))

    async def balance(request: Request) -> Response:
        settings = network.context.settings
        if settings.balance == "-":
            raise not_found(request)
        return JSONResponse(
            {"account_sid": settings.account_sid, "balance": settings.balance, "currency": "USD"}
        )

    async def caller_ids(request: Request) -> Response:
        wanted = request.query_params.get("PhoneNumber")
        settings = network.context.settings
        found = [
            _caller_id_json(settings.account_sid, number)
            for number in settings.verified_numbers
            if wanted in (None, number)
        ]
        return page(request, "outgoing_caller_ids", found)

    return [
        ("GET", f"{_ACCOUNT}.json", fetch),
        ("GET", f"{_ACCOUNT}/Balance.json", balance),
        ("GET", f"{_ACCOUNT}/OutgoingCallerIds.json", caller_ids),
    ]


def check_account_status(request: Request, settings: TwilioSandboxSettings) -> None:
    """Refuse a request of an account that is not active, unless it reads the account itself.

    Raises:
        ApiError: the account is suspended or closed.
    """
    reads_account = request.url.path.endswith(f"/Accounts/{settings.account_sid}.json")
    if settings.account_status != "active" and not reads_account:
        raise ApiError(403, 20005, "Account not active")


def _account_json(settings: TwilioSandboxSettings) -> dict[str, object]:
    uri = f"/{API_VERSION}/Accounts/{settings.account_sid}"
    return {
        "sid": settings.account_sid,
        "owner_account_sid": settings.account_sid,
        "friendly_name": "Parley sandbox",
        "status": settings.account_status,
        "type": settings.account_type,
        "auth_token": settings.auth_token.get_secret_value(),
        "date_created": _CREATED,
        "date_updated": _CREATED,
        "uri": f"{uri}.json",
        "subresource_uris": {"incoming_phone_numbers": f"{uri}/IncomingPhoneNumbers.json"},
    }


def _caller_id_json(account_sid: str, number: str) -> dict[str, object]:
    sid = "PN" + hashlib.sha256(f"verified {number}".encode()).hexdigest()[:32]
    return {
        "sid": sid,
        "account_sid": account_sid,
        "friendly_name": number,
        "phone_number": number,
        "date_created": _CREATED,
        "date_updated": _CREATED,
        "uri": f"/{API_VERSION}/Accounts/{account_sid}/OutgoingCallerIds/{sid}.json",
    }
