"""Applies a REST request to a number of the account, as strictly as Twilio does. No I/O, no clock."""

import re
from typing import Any
from urllib.parse import urlsplit

from sandbox.twilio.api_forms import ApiError, Form
from sandbox.twilio.incoming_number import IncomingNumber

_METHODS = ("GET", "POST")
_URLS = ("VoiceUrl", "VoiceFallbackUrl", "StatusCallback")
_SIDS = {"VoiceApplicationSid": "AP", "TrunkSid": "TK"}
_FIELDS = {
    **{name: re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in (*_URLS, *_SIDS)},
    "VoiceMethod": "voice_method",
    "VoiceFallbackMethod": "voice_fallback_method",
    "StatusCallbackMethod": "status_callback_method",
    "FriendlyName": "friendly_name",
    "VoiceReceiveMode": "voice_receive_mode",
}


def changed(number: IncomingNumber, form: Form) -> IncomingNumber:
    """The number after an update; absent fields stay, empty ones are removed.

    Raises:
        ApiError: a URL, a method or a SID is invalid.
    """
    changes: dict[str, Any] = {}
    for name, field in _FIELDS.items():
        if not form.has(name):
            continue
        value = form.one(name)
        _check(name, value)
        changes[field] = value.upper() if name.endswith("Method") else value
    # On Twilio each of the two removes the other.
    if changes.get("trunk_sid"):
        changes["voice_application_sid"] = ""
    elif changes.get("voice_application_sid"):
        changes["trunk_sid"] = ""
    after = number.model_copy(update=changes)
    if after.voice_fallback_url and after.voice_url == "":
        raise ApiError(400, 21405, "Cannot set VoiceFallbackUrl without setting VoiceUrl")
    return after


def _check(name: str, value: str) -> None:
    if name in _URLS and value:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ApiError(400, 21402, f"{name} is not a valid URL: {value}")
    if name.endswith("Method") and value.upper() not in _METHODS:
        raise ApiError(400, 21403, f"{name} is not a valid HTTP method: {value}")
    if name in _SIDS and value and not re.fullmatch(_SIDS[name] + "[0-9a-f]{32}", value):
        raise ApiError(400, 20001, f"{name} is not a valid SID: {value}")
    if name == "VoiceReceiveMode" and value not in ("voice", "fax"):
        raise ApiError(400, 20001, f"{name} is not valid: {value}")
