"""Checks that a request comes from Twilio, and determines the address that it was sent to."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from fastapi import Request, Response, WebSocket
from starlette.datastructures import FormData, ImmutableMultiDict
from starlette.requests import HTTPConnection

from services.edge.settings import EdgeSettings
from services.edge.twilio.signature import Params, is_signed
from services.edge.twilio.stream_failures import StreamEvidence
from services.edge.twilio.twiml import PublicUrls

log = structlog.get_logger()

UNSIGNED = "not signed by Twilio\n"
SYSTEM_HEADER = "x-parley-system"
_SIGNATURE = "x-twilio-signature"


@dataclass(frozen=True, slots=True)
class TwilioRequestGate:
    """Verifies the signatures of webhooks and media streams."""

    settings: EdgeSettings
    stopping: asyncio.Event
    evidence: StreamEvidence = field(default_factory=StreamEvidence)
    """Media streams that this process saw fail."""
    on_refused: Callable[[], None] = lambda: None
    """Called for each request or media stream that Twilio has not signed."""

    def direct_url(self) -> str:
        """Address at which this edge accepts streams; empty if it has none, or while it is stopping."""
        return "" if self.stopping.is_set() else self.settings.edge_direct_url.rstrip("/")

    def public_urls(self, connection: HTTPConnection) -> PublicUrls:
        """The configured addresses, or those that this request was sent to."""
        direct = self.direct_url()
        if self.settings.public_url:
            return PublicUrls(self.settings.public_url.rstrip("/"), direct)
        headers = connection.headers
        host = headers.get("x-forwarded-host", headers.get("host", "")).split(",")[0].strip()
        scheme = headers.get("x-forwarded-proto", connection.url.scheme).split(",")[0].strip()
        return PublicUrls(f"{scheme.replace('ws', 'http')}://{host}", direct)

    def is_authentic(self, request: Request, form: FormData) -> bool:
        """Whether a webhook request is from Twilio."""
        return self._is_authentic(request, _params(form), self.public_urls(request).base)

    def is_authentic_socket(self, socket: WebSocket) -> bool:
        """Whether a media stream is from Twilio."""
        urls = self.public_urls(socket)
        bases = (base.replace("http", "ws", 1) for base in (urls.direct, urls.base) if base)
        authentic = self._is_authentic(socket, {}, *bases)
        if not authentic:
            self.evidence.signature_refused()
        return authentic

    def unsigned(self) -> Response:
        """The response to a request that Twilio has not signed; `parley doctor` recognizes the edge by it."""
        return Response(UNSIGNED, 403, {SYSTEM_HEADER: self.settings.system_id})

    def _is_authentic(self, connection: HTTPConnection, params: Params, *bases: str) -> bool:
        query = f"?{connection.url.query}" if connection.url.query else ""
        urls = [f"{base}{connection.url.path}{query}" for base in bases]
        token = self.settings.twilio_auth_token.get_secret_value()
        signature = connection.headers.get(_SIGNATURE, "")
        if any(is_signed(token, url, params, signature) for url in urls):
            return True
        call_sid = params.get("CallSid", "")
        reason = "no signature" if not signature else "signature of another address or token"
        if not token:
            reason = "TWILIO_AUTH_TOKEN is not set"
        self.on_refused()
        log.error("twilio_signature_invalid", call_sid=call_sid[:34], url=urls[0], reason=reason)
        return False


def _params(form: FormData) -> Params:
    return ImmutableMultiDict([(name, str(value)) for name, value in form.multi_items()])
