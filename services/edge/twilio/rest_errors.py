"""Errors of Twilio's REST API, as Parley's errors of providers, and the retries of a request."""

import re
from collections.abc import AsyncIterator

import aiohttp
import stamina
from twilio.base.exceptions import TwilioRestException, TwilioServiceException

from parley.errors import (
    ProviderError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from parley.telemetry.redaction import HIDDEN

_PROVIDER = "twilio"
TIMEOUT_S = 5.0
"""Time limit of one request."""
_PHONE_NUMBER = re.compile(r"(?<!\w)\+?\d{7,}(?!\w)")
"""Twilio's error messages quote the numbers of the request, and errors are logged."""


def attempts() -> AsyncIterator[stamina.Attempt]:
    """Up to three attempts of a request that may be repeated, while its errors are temporary."""
    return stamina.retry_context(on=_is_retryable, attempts=3, wait_initial=0.1, wait_jitter=0.1)


def _is_retryable(error: Exception) -> bool:
    return isinstance(error, ProviderError) and error.retryable


def provider_error(error: Exception) -> ProviderError:
    """Return Parley's error for one of the SDK's, which have no common base class."""
    match error:
        case TimeoutError():
            return ProviderTimeout(_PROVIDER, f"no answer within {TIMEOUT_S:g} s")
        case TwilioRestException(status=429):
            return ProviderRateLimited(_PROVIDER, "429: too many requests")
        case TwilioRestException(status=status) if status < 500:
            message = _PHONE_NUMBER.sub(HIDDEN, error.msg)
            return ProviderRejected(_PROVIDER, f"HTTP {status}, code {error.code}: {message}")
        case TwilioRestException() | TwilioServiceException():
            return ProviderUnavailable(_PROVIDER, f"HTTP {getattr(error, 'status', '?')}")
        case aiohttp.ClientError():
            return ProviderUnavailable(_PROVIDER, f"connection: {type(error).__name__}")
        case _:
            return ProviderUnavailable(_PROVIDER, type(error).__name__)
