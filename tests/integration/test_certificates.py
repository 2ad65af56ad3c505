"""The certificates of the edge's addresses, read from real servers."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
import structlog
import trustme
from prometheus_client import CollectorRegistry

from cli.free_port import free_port
from services.edge import certificates
from services.edge.certificates import CertificateMonitor
from tests.eventually import eventually

EXPIRED = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


@asynccontextmanager
async def tls_server(expires: datetime, port: int = 0) -> AsyncIterator[int]:
    """A server with a certificate that no client trusts; yields its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost", "127.0.0.1", not_after=expires).configure_cert(context)

    async def close(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(close, "127.0.0.1", port, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


def expiry(registry: CollectorRegistry, host: str) -> float | None:
    return registry.get_sample_value("parley_certificate_expiry_timestamp_seconds", {"host": host})


async def test_the_certificate_of_each_address_is_read_even_if_it_has_expired() -> None:
    """An address without TLS has none; the same host counts once."""
    registry = CollectorRegistry()
    async with tls_server(EXPIRED) as port:
        urls = (f"https://127.0.0.1:{port}", f"https://127.0.0.1:{port}/edge/edge-0", "http://127.0.0.1", "")
        await CertificateMonitor(urls, registry).check()

    assert expiry(registry, f"127.0.0.1:{port}") == EXPIRED.timestamp()
    [family] = registry.collect()
    assert len(family.samples) == 1


async def test_an_address_that_does_not_answer_is_logged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check is repeated earlier until it succeeds; then the value appears."""
    monkeypatch.setattr(certificates, "_RETRY_INTERVAL_S", 0.01)
    registry, port = CollectorRegistry(), free_port()
    with structlog.testing.capture_logs() as lines:
        watching = asyncio.create_task(CertificateMonitor([f"https://localhost:{port}"], registry).watch())
        await eventually(lambda: lines)
        await asyncio.sleep(0.05)
        async with tls_server(EXPIRED, port):
            await eventually(lambda: expiry(registry, f"localhost:{port}"))
        watching.cancel()

    assert [line["event"] for line in lines] == ["certificate_not_read"]


async def test_a_server_without_tls_is_a_failure_like_any_other() -> None:
    """The monitor continues with the other addresses."""

    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    registry = CollectorRegistry()
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with structlog.testing.capture_logs() as lines:
            await CertificateMonitor([f"https://127.0.0.1:{port}"], registry).check()

    assert len(lines) == 1
    assert expiry(registry, f"127.0.0.1:{port}") is None
