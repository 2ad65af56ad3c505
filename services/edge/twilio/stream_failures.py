"""Names the likely cause when Twilio cannot open a media stream. No I/O."""

import re
import time
from dataclasses import dataclass, field

_EVIDENCE_AGE_S = 30.0
_ERROR_CODE = re.compile(r"\b(3[12]\d{3})\b")

_PROXY_REMEDY = (
    "let the proxy or tunnel pass WebSockets (headers Upgrade and Connection) to /twilio/stream; "
    "`parley doctor` opens one through the public URL"
)
_ADDRESS_REMEDY = "check PARLEY_PUBLIC_URL (and PARLEY_EDGE_DIRECT_URL, if set); `parley doctor` tests them"
_CAUSES = {
    31901: ("the address of the media stream does not answer", _ADDRESS_REMEDY),
    31902: ("the address of the media stream refuses connections", _ADDRESS_REMEDY),
    31903: ("the connection broke before the stream started", _PROXY_REMEDY),
    31910: ("the certificate of the address is not valid", "install a certificate that public clients trust"),
    31920: ("something before the edge answered the WebSocket's handshake, but not with 101", _PROXY_REMEDY),
    31921: ("the socket was closed before the stream started", _PROXY_REMEDY),
    31922: ("the address of the media stream is not wss://", _ADDRESS_REMEDY),
    31923: ("the address of the media stream is malformed", _ADDRESS_REMEDY),
    31924: ("the WebSocket's protocol was violated", _PROXY_REMEDY),
}
_UNREACHED = ("no WebSocket reached the edge: wrong public URL, or a proxy without WebSockets", _PROXY_REMEDY)
_REFUSED = (
    "this edge refused the WebSocket's signature with 403: it was signed for another address",
    "set PARLEY_PUBLIC_URL to the address that Twilio uses, without a path; the proxy must not rewrite paths",
)
_SILENT = ("a WebSocket opened, but no start message came", _PROXY_REMEDY)


@dataclass(slots=True)
class StreamEvidence:
    """Media streams that this process saw fail before their start."""

    _refused_at_s: float = field(default=float("-inf"))
    _silent_at_s: float = field(default=float("-inf"))

    def signature_refused(self) -> None:
        """A WebSocket was refused, because its signature is not valid."""
        self._refused_at_s = time.monotonic()

    def start_missing(self) -> None:
        """A WebSocket was accepted, but carried no start message."""
        self._silent_at_s = time.monotonic()

    def likely_cause(self, code: int) -> tuple[str, str]:
        """Return the likely cause and the remedy; `code` is Twilio's error code, 0 if unknown."""
        oldest_s = time.monotonic() - _EVIDENCE_AGE_S
        if self._refused_at_s > oldest_s:
            return _REFUSED
        if code in _CAUSES:
            return _CAUSES[code]
        return _SILENT if self._silent_at_s > oldest_s else _UNREACHED


def code_label(code: int) -> str:
    """The value of a metric's label for Twilio's error code: `other` for an unlisted one, 0 if unknown."""
    return str(code) if code == 0 or code in _CAUSES else "other"


def error_code(text: str) -> int:
    """Twilio's error code in the text of a stream error; 0 if it contains none."""
    match = _ERROR_CODE.search(text)
    return int(match[1]) if match else 0
