"""Is this request from Twilio? No I/O."""

from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

from twilio.request_validator import RequestValidator

Params = Mapping[str, str | list[str]]


def is_signed(token: str, url: str, params: Params, signature: str) -> bool:
    """Whether `signature` (X-Twilio-Signature) is Twilio's for this URL and these form parameters.

    A media stream's upgrade is signed over the wss address, by some accounts with a slash behind it; the
    validator knows the usual ports of http and https only, so all spellings of one address are tried.
    """
    if not token or not signature:
        return False
    validator = RequestValidator(token)
    return any(validator.validate(spelling, dict(params), signature) for spelling in url_variants(url))


def url_variants(url: str) -> tuple[str, ...]:
    """The ways in which Twilio may have written an address."""
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
