"""Signs requests as Twilio does. No I/O, no clock."""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

HEADER = "X-Twilio-Signature"
SETTINGS_HEADER = "X-Twilio-Webhooks-Signature-Settings"


def signed_url(url: str) -> str:
    """The form of a URL that is signed: no fragment, no userinfo, and for https no port."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme == "https" and parts.port:
        host = host.removesuffix(f":{parts.port}")
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs with the account's token, or with the shared key that a webhook rule names."""

    secret: str
    algorithm: Literal["HMAC_SHA1", "HMAC_SHA256"] = "HMAC_SHA1"
    key_id: str = ""
    """Id of the shared key; empty for the token."""

    def headers(self, url: str, params: Mapping[str, str] | None = None) -> dict[str, str]:
        """The headers of a form POST, or of a GET or WebSocket upgrade without parameters."""
        signed = {HEADER: sign(self.secret, url, params, self.algorithm)}
        if self.key_id:
            signed[SETTINGS_HEADER] = f"key={self.key_id},algorithm={self.algorithm}"
        return signed


def sign(secret: str, url: str, params: Mapping[str, str] | None = None, algorithm: str = "HMAC_SHA1") -> str:
    """The signature of a form POST, or of a GET or WebSocket upgrade without parameters."""
    data = signed_url(url) + "".join(name + value for name, value in sorted((params or {}).items()))
    digest = algorithm.removeprefix("HMAC_").lower()
    return b64encode(hmac.digest(secret.encode(), data.encode(), digest)).decode()
