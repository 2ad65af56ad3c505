"""Tests for the signature of HTTP tools."""

import hashlib
import hmac

from services.brain.tools.http_signature import signature_headers


def test_the_signature_covers_time_method_target_and_body() -> None:
    """The verification of docs/tools.md."""
    headers = signature_headers("key", "POST", "/visits?a=1", b'{"day": 1}', now_s=1_763_700_000)
    signed = b'1763700000.POST./visits?a=1.{"day": 1}'

    assert headers["X-Parley-Timestamp"] == "1763700000"
    assert headers["X-Parley-Signature"] == "v1=" + hmac.new(b"key", signed, hashlib.sha256).hexdigest()
    assert signature_headers("key", "PUT", "/visits?a=1", b'{"day": 1}', now_s=1_763_700_000) != headers
