"""Verifies that Twilio signed a request. No I/O."""

from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

from twilio.request_validator import HMAC_SHA1, RequestValidator

Params = Mapping[str, str]
"""Form parameters; a multi-dict if one of them occurs repeatedly."""


def is_signed(secret: str, url: str, params: Params, signature: str, algorithm: str = HMAC_SHA1) -> bool:
    """Whether `signature` (X-Twilio-Signature) is Twilio's for this URL and these form parameters.

    The upgrade of a media stream is signed for the wss address, for some accounts with a trailing slash, and
    the validator handles default ports only for http and https, so all variants of the address are tried.

    Raises:
        ValueError: the algorithm is not supported.
    """
    if not secret or not signature:
        return False
    validator = RequestValidator(secret)
    return any(validator.validate(variant, params, signature, algorithm) for variant in url_variants(url))


def url_variants(url: str) -> tuple[str, ...]:
    """The forms in which Twilio may have signed an address."""
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss"):
        return (url,)
    secure = parts.scheme == "wss"
    schemes = ("wss", "https") if secure else ("ws", "http", "wss", "https")
    path = parts.path.rstrip("/")
    return tuple(
        urlunsplit(parts._replace(scheme=scheme, path=ending))
        for scheme in schemes
        for ending in (path, f"{path}/")
    )
