"""Services reach NATS over IPv6 and listen on it, and on IPv4 as well, with `PARLEY_HTTP_HOST=::`."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from cli.free_port import free_port
from parley.bus import connect
from tests.eventually import eventually
from tests.integration.edge_process import running_edge


@pytest.fixture
async def nats_url(tmp_path: Path) -> AsyncIterator[str]:
    """A NATS server that listens on IPv6 only."""
    with socket.socket(socket.AF_INET6) as sock:
        try:
            sock.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6")
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).parent / "nats-server",
        *("-js", "-sd", str(tmp_path / "nats"), "-a", "::1", "-p", str(port)),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )

    async def accepts_connections() -> bool:
        _, writer = await asyncio.open_connection("::1", port)
        writer.close()
        return True

    try:
        await eventually(accepts_connections, retry_on=OSError)
        yield f"nats://[::1]:{port}"
    finally:
        process.kill()
        await process.wait()


async def test_an_edge_serves_both_families(nats_url: str, tmp_path: Path) -> None:
    async with (
        connect(nats_url, "test", timeout_s=10, replicas=1) as bus,
        running_edge(nats_url, bus, tmp_path, PARLEY_HTTP_HOST="::") as edge,
        httpx.AsyncClient(timeout=20) as client,
    ):
        port = httpx.URL(edge.url).port
        metrics_port = httpx.URL(edge.metrics_url).port
        for host in ("[::1]", "127.0.0.1"):
            assert (await client.get(f"http://{host}:{port}/readyz")).status_code == 200
            assert "parley_calls" in (await client.get(f"http://{host}:{metrics_port}/metrics")).text
