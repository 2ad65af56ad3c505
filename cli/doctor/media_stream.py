"""Opens a media stream through the public address, signed as Twilio does, and explains what prevents it."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

from twilio.request_validator import RequestValidator
from websockets.asyncio.client import connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
    WebSocketException,
)
from websockets.http11 import Response

from cli.doctor.finding import Latency, Reporter
from cli.network_errors import describe
from services.edge.twilio.request_gate import SYSTEM_HEADER

PATH = "/twilio/stream"
SUBJECT = "media stream"
_USER_AGENT = "Twilio.TmeWs/1.0"
_OPEN_TIMEOUT_S = 5.0
_ECHO_TIMEOUT_S = 3.0
_MAX_REASON_CHARS = 80
_ENABLE = "turn on WebSocket support for this address, or use another tunnel"


class _Connect(connect):
    """A connection that does not follow redirects: Twilio does not, either."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        """Return the exception, so that it is raised."""
        return exc


async def check_media_stream(base: str, token: str, reporter: Reporter) -> None:
    """Open and close a WebSocket at an address; data must pass in both directions."""
    parts = urlsplit(base)
    location = f"{parts.netloc}{parts.path.rstrip('/')}{PATH}"
    # Twilio signs the address of its TwiML, which is always wss; a plain one exists in the sandbox only.
    signature = RequestValidator(token).compute_signature(f"wss://{location}", {})
    url = f"{'wss' if parts.scheme == 'https' else 'ws'}://{location}"
    started_s = asyncio.get_running_loop().time()
    try:
        async with _Connect(
            url,
            additional_headers={"X-Twilio-Signature": signature},
            user_agent_header=_USER_AGENT,
            compression=None,
            open_timeout=_OPEN_TIMEOUT_S,
            close_timeout=1.0,
        ) as socket:
            took_ms = round((asyncio.get_running_loop().time() - started_s) * 1000)
            await _echo(socket)
    except InvalidStatus as error:
        reporter.failed(SUBJECT, f"{url}: {_refusal(error.response)}")
    except ConnectionClosed as error:
        reason = f"{error.rcvd.code} {error.rcvd.reason}".strip() if error.rcvd else "without a reason"
        text = f"opened, then closed by the server ({reason[:_MAX_REASON_CHARS]})"
        reporter.failed(SUBJECT, f"{url}: {text}: {_ENABLE}")
    except (InvalidMessage, InvalidHandshake):
        reporter.failed(SUBJECT, f"{url}: the answer is not a WebSocket's: {_ENABLE}")
    except TimeoutError:
        text = f"no answer within {_OPEN_TIMEOUT_S:g} s; a proxy may buffer or block WebSockets"
        reporter.failed(SUBJECT, f"{url}: {text}: {_ENABLE}")
    except (OSError, EOFError, ValueError, WebSocketException) as error:
        reporter.failed(SUBJECT, f"{url}: {describe(error)}")
    else:
        reporter.ok(SUBJECT, f"{url} accepts Twilio's WebSocket", Latency("opened", took_ms))


async def _echo(socket: Any) -> None:
    """Wait until data has passed in both directions.

    Raises:
        TimeoutError: none came back.
    """
    async with asyncio.timeout(_ECHO_TIMEOUT_S):
        returned = await socket.ping()
        await returned


def _refusal(response: Response) -> str:
    status, headers = response.status_code, response.headers
    page = ", an HTML page" if "html" in headers.get("content-type", "").lower() else ""
    answer = f"HTTP {status}{page}"
    if code := headers.get("ngrok-error-code"):
        answer = f"{answer}, {code}"
    match status:
        case 403 if SYSTEM_HEADER in headers:
            return (
                f"{answer} from the edge: the signature is not valid; TWILIO_AUTH_TOKEN and "
                "PARLEY_PUBLIC_URL must be the same here and in the running system"
            )
        case 401 | 403 | 407:
            return f"{answer}: a proxy, firewall or login page refuses it; exempt {PATH}"
        case 404:
            return f"{answer}: the proxy has no route for {PATH}; forward the whole address to the edge"
        case 301 | 302 | 303 | 307 | 308:
            target = headers.get("location", "")[:_MAX_REASON_CHARS]
            return f"{answer}, a redirect to {target}, which Twilio does not follow; set the address itself"
        case 429:
            return f"{answer}: the tunnel limits its connections; wait, or choose a larger plan"
        case 500 | 502 | 503 | 504 | 520 | 521 | 522 | 523 | 524:
            return f"{answer}: the proxy passes ordinary requests, but fails on WebSockets; {_ENABLE}"
        case _:
            return f"{answer} in place of 101: the proxy does not pass WebSockets; {_ENABLE}"
