"""AWS's Signature Version 4 of a request, computed and compared as AWS does. No I/O.

Source: AWS's description of signing requests. It is written out here, so that the client's own code is not
checked against itself.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote

from sandbox.polly.errors import Rejected

_ALGORITHM = "AWS4-HMAC-SHA256"
_MAX_SKEW = timedelta(minutes=5)
_AUTHORIZATION = re.compile(
    rf"{_ALGORITHM} Credential=([^/,]+)/(\d{{8}})/([a-z0-9-]+)/polly/aws4_request, ?"
    r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})"
)
_REQUIRED = ("host", "x-amz-date")


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """The parts of a request that its signature covers."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


def check_signature(request: SignedRequest, secret: str, now: datetime) -> None:
    """Check the signature of a request.

    Raises:
        Rejected: with AWS's error code.
    """
    authorization = request.headers.get("authorization")
    if not authorization:
        raise Rejected("MissingAuthenticationTokenException", "Missing Authentication Token")
    match = _AUTHORIZATION.fullmatch(authorization)
    if match is None:
        raise Rejected("IncompleteSignatureException", "Authorization header is not in the expected form.")
    key_id, day, region, names, signature = match.groups()
    signed = names.split(";")
    if missing := [name for name in _REQUIRED if name not in signed]:
        raise Rejected("IncompleteSignatureException", f"{missing[0]!r} must be a 'SignedHeader'.")
    if key_id.startswith("bad"):
        text = "The security token included in the request is invalid."
        raise Rejected("UnrecognizedClientException", text)
    if request.headers.get("x-amz-security-token", "").startswith("expired"):
        raise Rejected("ExpiredTokenException", "The security token included in the request is expired")
    date = request.headers.get("x-amz-date", "")
    _check_date(date, day, now)
    scope = f"{day}/{region}/polly/aws4_request"
    digest = hashlib.sha256(_canonical(request, signed).encode()).hexdigest()
    to_sign = f"{_ALGORITHM}\n{date}\n{scope}\n{digest}"
    if not hmac.compare_digest(_sign(secret, scope, to_sign), signature):
        raise Rejected(
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method.",
        )


def _check_date(date: str, day: str, now: datetime) -> None:
    try:
        at = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Rejected("IncompleteSignatureException", "X-Amz-Date is not in the expected form.") from None
    if abs(at - now) > _MAX_SKEW or not date.startswith(day):
        raise Rejected("InvalidSignatureException", f"Signature expired: {date} is not within 5 min. of now")


def _canonical(request: SignedRequest, signed: list[str]) -> str:
    pairs = sorted(
        (quote(name, safe="-_.~"), quote(value, safe="-_.~"))
        for name, value in parse_qsl(request.query, keep_blank_values=True)
    )
    headers = "".join(f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in signed)
    return "\n".join(
        (
            request.method,
            quote(request.path, safe="/-_.~"),
            "&".join(f"{name}={value}" for name, value in pairs),
            headers,
            ";".join(signed),
            hashlib.sha256(request.body).hexdigest(),
        )
    )


def _sign(secret: str, scope: str, text: str) -> str:
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
