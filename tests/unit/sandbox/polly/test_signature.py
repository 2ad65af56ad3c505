"""Signatures, with the SDK's signer as the other side."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sandbox.polly.errors import Rejected
from sandbox.polly.signature import SignedRequest, check_signature

BODY = b'{"Text": "Hello."}'


def signed(key_id: str = "AKIA", token: str | None = None, query: str = "") -> SignedRequest:
    """A request that botocore has signed with the secret `sandbox`."""
    url = f"http://127.0.0.1:9004/polly/v1/speech{query}"
    request = AWSRequest("POST", url, {"Content-Type": "application/json"}, BODY)
    SigV4Auth(Credentials(key_id, "sandbox", token), "polly", "eu-central-1").add_auth(request)
    headers = {name.lower(): value for name, value in request.headers.items()}
    headers["host"] = "127.0.0.1:9004"
    parts = urlsplit(url)
    return SignedRequest("POST", parts.path, parts.query, headers, BODY)


@pytest.mark.parametrize("query", ["", "?Engine=neural&LanguageCode=de-DE", "?a=1%202"])
def test_a_signature_of_the_sdk_is_accepted(query: str) -> None:
    """The query is sorted and encoded for it."""
    check_signature(signed(query=query), "sandbox", datetime.now(UTC))


def _without(name: str) -> Callable[[SignedRequest], SignedRequest]:
    return lambda request: replace(
        request, headers={key: value for key, value in request.headers.items() if key != name}
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_without("authorization"), "MissingAuthenticationTokenException"),
        (lambda request: replace(request, body=b"{}"), "InvalidSignatureException"),
        (lambda request: replace(request, path="/v1/speech"), "InvalidSignatureException"),
        (
            lambda request: replace(request, headers={**request.headers, "authorization": "Bearer x"}),
            "IncompleteSignatureException",
        ),
        (
            lambda request: replace(request, headers={**request.headers, "x-amz-date": "today"}),
            "IncompleteSignatureException",
        ),
    ],
)
def test_a_changed_request_is_refused(change: Callable[[SignedRequest], SignedRequest], code: str) -> None:
    """The signature covers the body, the path and the date."""
    with pytest.raises(Rejected) as refused:
        check_signature(change(signed()), "sandbox", datetime.now(UTC))
    assert refused.value.code == code


def test_keys_tokens_and_clocks_are_checked() -> None:
    """Each has its own error code."""
    now = datetime.now(UTC)
    cases = (
        (signed(), "other", now, "InvalidSignatureException"),
        (signed("bad-key"), "sandbox", now, "UnrecognizedClientException"),
        (signed("AKIA", "expired"), "sandbox", now, "ExpiredTokenException"),
        (signed(), "sandbox", now + timedelta(minutes=6), "InvalidSignatureException"),
    )
    for request, secret, at, code in cases:
        with pytest.raises(Rejected) as refused:
            check_signature(request, secret, at)
        assert refused.value.code == code
