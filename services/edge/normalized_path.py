"""Accepts addresses with a trailing slash or a doubled one, as people write them into Twilio's console."""

import re

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger()

_SLASHES = re.compile("//+")
_REFUSED = {
    404: "no such path: a number's webhooks are /voice, /status and /fallback below PARLEY_PUBLIC_URL",
    405: "this path does not take the method: set HTTP POST or GET in the number's configuration",
}


class NormalizedPath:
    """Wraps the app. A redirect instead would lose the form, and behind a proxy lead to http://."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request at its path without superfluous slashes; `raw_path` stays what was signed."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        raw_path = scope.get("raw_path") or path.encode()
        normalized = {**scope, "path": normalized_path(path), "raw_path": raw_path}

        async def send_and_log(message: Message) -> None:
            if message["type"] == "http.response.start":
                _log_refusal(normalized, message["status"])
            await send(message)

        await self._app(normalized, receive, send_and_log)


def normalized_path(path: str) -> str:
    """The path without a trailing slash and with single slashes."""
    return _SLASHES.sub("/", path).rstrip("/") or "/"


def _log_refusal(scope: Scope, status: int) -> None:
    """Log a request of Twilio's to a wrong address; scanners request any number of others."""
    is_twilio = any(name == b"x-twilio-signature" for name, _ in scope["headers"])
    if is_twilio and (remedy := _REFUSED.get(status)):
        log.error(
            "webhook_refused",
            status=status,
            method=scope.get("method", ""),
            path=scope["path"][:200],
            remedy=remedy,
        )
