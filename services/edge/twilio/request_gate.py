"""Checks that a request comes from Twilio, and determines the address that it was sent to."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from fastapi import Request, Response, WebSocket
from starlette.requests import HTTPConnection

from services.edge.settings import EdgeSettings
from services.edge.twilio.signature import Params
from services.edge.twilio.stream_failures import StreamEvidence
from services.edge.twilio.twiml import PublicUrls
from services.edge.twilio.verification import Refusal, SignedRequest, verify
from services.edge.twilio_account import TwilioAccount

log = structlog.get_logger()

UNSIGNED = "not signed by Twilio\n"
SYSTEM_HEADER = "x-parley-system"
_SIGNATURE = "x-twilio-signature"
_KEY_SETTINGS = "x-twilio-webhooks-signature-settings"


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
        host = (headers.get("x-forwarded-host") or headers.get("host", "")).split(",")[0].strip()
        forwarded = headers.get("x-forwarded-proto") or connection.scope["scheme"]
        scheme = forwarded.split(",")[0].strip().lower().replace("ws", "http")
        return PublicUrls(f"{scheme}://{host}", direct)

    def account_of(self, request: Request, form: Params) -> TwilioAccount | None:
        """The account from which a webhook request comes; None if it is not from Twilio."""
        return self._account_of(request, form, self.public_urls(request).base)

    def is_authentic_socket(self, socket: WebSocket) -> bool:
        """Whether a media stream is from Twilio."""
        urls = self.public_urls(socket)
        bases = (base.replace("http", "ws", 1) for base in (urls.direct, urls.base) if base)
        account = self._account_of(socket, {}, *bases)
        if account is None:
            self.evidence.signature_refused()
        return account is not None

    def unsigned(self) -> Response:
        """The response to a request that Twilio has not signed; `parley doctor` recognizes the edge by it."""
        return Response(UNSIGNED, 403, {SYSTEM_HEADER: self.settings.system_id})

    def _account_of(self, connection: HTTPConnection, params: Params, *bases: str) -> TwilioAccount | None:
        target = _target(connection)
        signed = SignedRequest(
            [f"{base}{target}" for base in bases],
            params,
            connection.headers.get(_SIGNATURE, ""),
            connection.headers.get(_KEY_SETTINGS, ""),
        )
        keys = self.settings.twilio_signing_keys.get_secret_value().replace(",", " ").split()
        verified = verify(signed, self.settings.all_twilio_accounts, keys)
        if not isinstance(verified, Refusal):
            return verified
        self.on_refused()
        log.error(
            "twilio_signature_invalid",
            call_sid=params.get("CallSid", "")[:34],
            url=bases[0] + connection.scope["path"],
            reason=verified.reason,
            remedy=verified.remedy,
        )
        return None


def _target(connection: HTTPConnection) -> str:
    """Path and query as they were sent: Twilio signs them before any decoding."""
    scope = connection.scope
    path = scope.get("raw_path") or scope["path"].encode()
    query = scope.get("query_string", b"")
    target: bytes = path + (b"?" + query if query else b"")
    return target.decode("latin-1")
