"""Exports when the certificates of the edge's addresses expire, also if they have expired already."""

import asyncio
import ssl
from collections.abc import Iterable
from urllib.parse import urlsplit

import structlog
from prometheus_client import CollectorRegistry

from parley.telemetry.catalogue.calls import CERTIFICATE_EXPIRY
from services.edge.certificate_dates import valid_until

log = structlog.get_logger()

_CHECK_INTERVAL_S = 6 * 3600.0
_RETRY_INTERVAL_S = 600.0
"""After a failure: at the start, an ingress may not lead to this edge yet."""
_TIMEOUT_S = 5.0
_HTTPS_PORT = 443


class CertificateMonitor:
    """Checks the certificates of `https://` addresses; it does not verify them, because Twilio does."""

    def __init__(self, urls: Iterable[str], registry: CollectorRegistry) -> None:
        self._addresses = dict.fromkeys(address for url in urls if (address := _address(url)) is not None)
        self._expiry = CERTIFICATE_EXPIRY.gauge(registry)
        self._failing: set[tuple[str, int]] = set()

    async def watch(self) -> None:
        """Long-lived: check at the start and every 6 hours, after a failure every 10 minutes."""
        while self._addresses:
            await self.check()
            await asyncio.sleep(_RETRY_INTERVAL_S if self._failing else _CHECK_INTERVAL_S)

    async def check(self) -> None:
        """Check all addresses once."""
        for address in self._addresses:
            await self._check(address)

    async def _check(self, address: tuple[str, int]) -> None:
        host, port = address
        label = host if port == _HTTPS_PORT else f"{host}:{port}"
        try:
            # In a thread: the handshake and the resolver must not delay calls.
            pem = await asyncio.to_thread(ssl.get_server_certificate, address, timeout=_TIMEOUT_S)
            expiry_s = valid_until(ssl.PEM_cert_to_DER_cert(pem))
        except (OSError, ValueError) as error:
            # The last value stays: it is still the end of the certificate that was seen.
            if address not in self._failing:
                log.warning("certificate_not_read", host=label, error=str(error) or type(error).__name__)
            self._failing.add(address)
            return
        self._failing.discard(address)
        self._expiry.labels(host=label).set(expiry_s)


def _address(url: str) -> tuple[str, int] | None:
    """Host and port of an address with TLS; None for any other."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        return None
    return parts.hostname, parts.port or _HTTPS_PORT
