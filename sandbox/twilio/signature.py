"""Signs requests as Twilio does. No I/O, no clock."""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

HEADER = "X-Twilio-Signature"


def signed_url(url: str) -> str:
    """The form of a URL that is signed: no fragment, no userinfo, and for https no port."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme == "https" and parts.port:
        host = host.removesuffix(f":{parts.port}")
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))


def sign(auth_token: str, url: str, params: Mapping[str, str] | None = None) -> str:
    """The signature of a form POST, or of a GET or WebSocket upgrade without parameters."""
    data = signed_url(url) + "".join(name + value for name, value in sorted((params or {}).items()))
    return b64encode(hmac.digest(auth_token.encode(), data.encode(), "sha1")).decode()
