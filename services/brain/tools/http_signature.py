"""Signs the requests of HTTP tools, so that the service can check who sent them. No I/O, no clock."""

import hashlib
import hmac

TIMESTAMP_HEADER = "X-Parley-Timestamp"
SIGNATURE_HEADER = "X-Parley-Signature"


def signature_headers(key: str, method: str, target: str, body: bytes, *, now_s: int) -> dict[str, str]:
    """Return the headers of a signed request; `target` is the path with the query, in the form sent."""
    signed = f"{now_s}.{method}.{target}.".encode() + body
    digest = hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()
    return {TIMESTAMP_HEADER: str(now_s), SIGNATURE_HEADER: f"v1={digest}"}
