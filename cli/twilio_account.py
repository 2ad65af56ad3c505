"""Twilio's REST API of an account: its status, credit and numbers.

The SDK is not used for it: when a list is refused, it hides the status and the error code.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cli.advice import PAGES, remedy
from cli.json_api import ApiError, JsonApi, number, objects, text

_BASE_URL = "https://api.twilio.com"
_MAX_PAGES = 20
_NOT_FOUND = 404
_PAGES = PAGES["twilio"]
_WRONG_PAIR = "20003"
_TEST_CREDENTIALS = "20008"


@dataclass(frozen=True, slots=True)
class OwnedNumber:
    """A number of the account, as its REST resource has it."""

    sid: str
    phone_number: str
    friendly_name: str
    voice_capable: bool
    receives_fax: bool
    settings: Mapping[str, str]
    """The values of `VoiceUrl`, `VoiceMethod` and the like, by the name of the update's parameter."""


_SETTINGS = {
    "VoiceUrl": "voice_url",
    "VoiceMethod": "voice_method",
    "VoiceFallbackUrl": "voice_fallback_url",
    "VoiceFallbackMethod": "voice_fallback_method",
    "StatusCallback": "status_callback",
    "StatusCallbackMethod": "status_callback_method",
    "VoiceApplicationSid": "voice_application_sid",
    "TrunkSid": "trunk_sid",
}


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """The account of a SID and token; all methods raise ApiError."""

    api: JsonApi
    account_sid: str

    @property
    def _path(self) -> str:
        return f"/2010-04-01/Accounts/{self.account_sid}"

    async def fetch(self) -> Mapping[str, Any]:
        """The account's resource, without the token that it contains."""
        body = await self.api.get(f"{self._path}.json")
        return {key: value for key, value in body.items() if key != "auth_token"}

    async def balance(self) -> tuple[float, str] | None:
        """Credit and currency; None if the account has none of its own, as a subaccount."""
        try:
            body = await self.api.get(f"{self._path}/Balance.json")
        except ApiError as error:
            if error.status == _NOT_FOUND:
                return None
            raise
        amount = number(body, "balance")
        return None if amount is None else (amount, text(body, "currency"))

    async def numbers(self) -> list[OwnedNumber]:
        """All numbers of the account."""
        found: list[OwnedNumber] = []
        path = f"{self._path}/IncomingPhoneNumbers.json?PageSize=100"
        for _ in range(_MAX_PAGES):
            body = await self.api.get(path)
            found += [_number(item) for item in objects(body, "incoming_phone_numbers")]
            path = text(body, "next_page_uri")
            if not path:
                break
            parts = urlsplit(path)
            path = f"{parts.path}?{parts.query}"
        return found

    async def is_verified(self, phone_number: str) -> bool:
        """Whether a number outside the account may be the caller id of its calls."""
        body = await self.api.get(f"{self._path}/OutgoingCallerIds.json", {"PhoneNumber": phone_number})
        return any(item.get("phone_number") == phone_number for item in objects(body, "outgoing_caller_ids"))

    async def application_voice_url(self, application_sid: str) -> str:
        """The voice URL of a TwiML application."""
        return text(await self.api.get(f"{self._path}/Applications/{application_sid}.json"), "voice_url")

    async def update(self, number_sid: str, changes: Mapping[str, str]) -> OwnedNumber:
        """Change settings of a number; returns the changed number."""
        return _number(await self.api.post(f"{self._path}/IncomingPhoneNumbers/{number_sid}.json", changes))


def account_error(error: ApiError, url: str) -> str:
    """The reason and the remedy of a refused REST request."""
    if error.status == 401 or error.code == _WRONG_PAIR:
        return (
            f"{error.reason}: TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not a valid pair; copy both from "
            f"{_PAGES.keys} (a subaccount and another region have tokens of their own)"
        )
    if error.code == _TEST_CREDENTIALS:
        return f"{error.reason}: these are test credentials; use the live ones ({_PAGES.keys})"
    if "not active" in error.reason:
        return f"{error.reason}: the account is suspended or closed; see https://console.twilio.com"
    return f"{error.reason}: {remedy(_PAGES, error.status, error.reason, 'TWILIO_ACCOUNT_SID', url)}"


def twilio_api_url(environment: Mapping[str, str]) -> str:
    """Base address of the REST API."""
    return environment.get("PARLEY_TWILIO_URL", "").strip().rstrip("/") or _BASE_URL


def _number(body: Mapping[str, Any]) -> OwnedNumber:
    capabilities = body.get("capabilities")
    voice = capabilities.get("voice", True) if isinstance(capabilities, dict) else True
    return OwnedNumber(
        sid=text(body, "sid"),
        phone_number=text(body, "phone_number"),
        friendly_name=text(body, "friendly_name"),
        voice_capable=voice is not False,
        receives_fax=text(body, "voice_receive_mode") == "fax",
        settings={name: text(body, key) for name, key in _SETTINGS.items()},
    )
