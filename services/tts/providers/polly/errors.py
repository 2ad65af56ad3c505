"""Converts exceptions of AWS's SDK to ProviderErrors with a remedy. No I/O."""

import aiohttp
from botocore import exceptions

from parley.errors import (
    ConfigError,
    ProviderError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from parley.providers.untrusted import clean_text
from services.tts.providers.polly.models import PROVIDER

_MAX_REASON_CHARS = 200
_HTML_START = 14
_RATE_LIMITED = frozenset(
    {
        *("ThrottlingException", "Throttling", "ThrottledException", "TooManyRequestsException"),
        *("RequestLimitExceeded", "ServiceQuotaExceededException", "SlowDown", "RequestThrottled"),
    }
)
_KEYS = (
    "check the AWS credentials of the tts service: PARLEY_POLLY_ACCESS_KEY_ID and "
    "PARLEY_POLLY_SECRET_ACCESS_KEY, or AWS's own variables, profile or role"
)
_CLOCK = "this machine's clock is wrong: synchronize it"
_CLOCK_WORDS = ("signature expired", "signature not yet current")
_VOICES = "see https://docs.aws.amazon.com/polly/latest/dg/available-voices.html"
_REMEDIES = {
    "UnrecognizedClientException": _KEYS,
    "InvalidClientTokenId": _KEYS,
    "InvalidSignatureException": _KEYS,
    "SignatureDoesNotMatch": _KEYS,
    "RequestExpired": _CLOCK,
    "MissingAuthenticationTokenException": _KEYS,
    "IncompleteSignatureException": _KEYS,
    "ExpiredTokenException": "the AWS session token has expired: renew it, or use a role",
    "AccessDeniedException": "allow the role or user the action polly:SynthesizeSpeech",
    "EngineNotSupportedException": f"the voice does not have this engine in this region: change tts.model or "
    f"tts.voice, {_VOICES}",
    "LanguageNotSupportedException": f"change tts.voice or tts.language, {_VOICES}",
    "ValidationException": f"change tts.voice or tts.model, {_VOICES}",
    "LexiconNotFoundException": "change tts.options.lexicons",
    "InvalidSsmlException": "turn tts.options.ssml off, or restrict the tags that the prompt allows",
}
_TIMEOUTS = (exceptions.ReadTimeoutError, exceptions.ConnectTimeoutError, TimeoutError)
SDK_ERRORS: tuple[type[Exception], ...] = (
    exceptions.BotoCoreError,
    exceptions.ClientError,
    aiohttp.ClientError,
    OSError,
    TimeoutError,
)
"""The exceptions of a request and of its stream."""


def map_error(error: Exception) -> ProviderError:
    """Convert an exception of a request or of its stream."""
    if isinstance(error, exceptions.ClientError):
        return _map_response(error)
    if isinstance(error, _TIMEOUTS):
        return ProviderTimeout(PROVIDER, f"no response: {type(error).__name__}")
    if isinstance(error, exceptions.NoCredentialsError | exceptions.PartialCredentialsError):
        return ProviderRejected(PROVIDER, f"no AWS credentials; {_KEYS}")
    if isinstance(error, exceptions.CredentialRetrievalError | exceptions.TokenRetrievalError):
        # The role's endpoint may answer again.
        return ProviderUnavailable(PROVIDER, f"the AWS credentials cannot be read; {_KEYS}")
    if isinstance(error, exceptions.ParamValidationError):
        return ProviderRejected(
            PROVIDER, f"the request is not valid; change tts.voice or tts.options, {_VOICES}"
        )
    return ProviderUnavailable(PROVIDER, f"the request failed: {type(error).__name__}")


def _map_response(error: exceptions.ClientError) -> ProviderError:
    response = error.response
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    code = str(response.get("Error", {}).get("Code", ""))
    message = str(response.get("Error", {}).get("Message", ""))
    if message.lstrip()[:_HTML_START].lower().startswith(("<!doctype html", "<html")):
        return _map_page(status)
    # Without a body in AWS's form, the SDK takes the status as the code.
    parts = (f"HTTP {status}", "" if code == str(status) else code, message)
    reason = clean_text(": ".join(part for part in parts if part), _MAX_REASON_CHARS)
    if code in _RATE_LIMITED or status == 429:
        return ProviderRateLimited(PROVIDER, reason)
    if 400 <= status < 500 and status != 408:
        wrong_clock = message.lower().startswith(_CLOCK_WORDS)
        remedy = _CLOCK if wrong_clock else _REMEDIES.get(code, "")
        return ProviderRejected(PROVIDER, f"{reason}; {remedy}" if remedy else reason)
    return ProviderUnavailable(PROVIDER, reason)


def _map_page(status: int) -> ProviderError:
    """The error for an HTML page, which AWS never sends: a proxy or a login page has answered."""
    kind = ProviderRejected if 400 <= status < 500 and status not in (408, 429) else ProviderUnavailable
    return kind(PROVIDER, f"HTTP {status}: an HTML page; check PARLEY_POLLY_URL and the network")


def configuration_error(error: Exception) -> ConfigError:
    """Convert an exception of the SDK's own configuration: a profile, a region or a file of AWS."""
    if isinstance(error, exceptions.NoRegionError):
        return ConfigError(
            "PARLEY_POLLY_REGION: is not set, and neither is AWS_REGION or the profile's region: set it to a "
            "region with Polly, such as eu-central-1"
        )
    return ConfigError(f"Amazon Polly: {clean_text(str(error), _MAX_REASON_CHARS)}; {_KEYS}")
