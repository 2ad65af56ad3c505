"""Recognizes what answers at the public address in place of the edge: proxies, tunnels, other programs."""

import re
from dataclasses import dataclass

import httpx

_FORWARD = "forward the address to port {port}, where the edge listens"
_NGROK_OFFLINE = ("ERR_NGROK_3200", "ERR_NGROK_3004", "ERR_NGROK_727")


@dataclass(frozen=True, slots=True)
class ForeignResponse:
    """A response that is not the edge's."""

    text: str
    remedy: str
    """Contains `{port}` for the edge's port."""
    no_server_behind: bool = False
    """Whether a proxy found no edge, as while no system is running."""


def describe_response(response: httpx.Response, body: str) -> ForeignResponse:
    """Explain a response by the program that probably sent it."""
    status, headers = response.status_code, response.headers
    answer = f"HTTP {status}{_page(headers, body)} in place of the edge's answer"
    if code := headers.get("ngrok-error-code") or _find(r"ERR_NGROK_\d+", body):
        return _ngrok(code)
    if 300 <= status < 400:
        target = headers.get("location", "")[:100]
        text = f"HTTP {status}, a redirect to {target or 'nowhere'}; Twilio would lose the form of a POST"
        return ForeignResponse(text, "set PARLEY_PUBLIC_URL to the address that it leads to")
    if status == 530 or "error code: 1033" in body:
        return ForeignResponse(f"HTTP {status}: the tunnel is not connected", "start the tunnel")
    if status in (502, 503, 504, 521, 522, 523):
        text = f"HTTP {status}: the proxy reaches no edge"
        return ForeignResponse(text, f"start `parley up`, and {_FORWARD}", no_server_behind=True)
    if status in (401, 403, 407):
        text = f"{answer}: a proxy, firewall or login page refuses Twilio's requests"
        return ForeignResponse(text, "exempt /voice, /status, /fallback and /twilio/stream from it")
    if status == 404:
        text = f"{answer}: another program, or a proxy without a route for /voice"
        return ForeignResponse(text, _FORWARD)
    if status == 405:
        return ForeignResponse(f"{answer}: POST is not allowed", f"allow it, and {_FORWARD}")
    if status < 300:
        text = f"{answer}: another program, because the edge rejects requests without a signature"
        return ForeignResponse(text, _FORWARD)
    return ForeignResponse(answer, _FORWARD)


def _ngrok(code: str) -> ForeignResponse:
    match code:
        case "ERR_NGROK_8012":
            text = f"the tunnel reaches no edge ({code})"
            return ForeignResponse(text, f"start `parley up`, and {_FORWARD}", no_server_behind=True)
        case "ERR_NGROK_6024":
            text = f"the tunnel answers with its browser warning ({code})"
            return ForeignResponse(text, "use a tunnel without an interstitial page, or a paid domain")
        case _ if code in _NGROK_OFFLINE:
            text = f"the tunnel is offline ({code})"
            return ForeignResponse(text, "start it, and set PARLEY_PUBLIC_URL to the address that it prints")
        case _:
            return ForeignResponse(
                f"the tunnel answers with {code}", f"see https://ngrok.com/docs/errors/{code}"
            )


def _page(headers: httpx.Headers, body: str) -> str:
    if "html" not in headers.get("content-type", "").lower():
        return ""
    title = _find(r"(?is)<title[^>]*>\s*([^<]{1,60})", body).strip()
    return f", an HTML page ({title})" if title else ", an HTML page"


def _find(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return (found[1] if found.groups() else found[0]) if found else ""
