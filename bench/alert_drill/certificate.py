"""A further edge, whose public address has a certificate that expires soon."""

import asyncio
import dataclasses
import os
import signal
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import trustme

from bench.alert_drill.drill import Scene
from cli.free_port import free_port
from cli.system import running_processes
from cli.topology import ProcessSpec

_SOON, _LATER = timedelta(days=2), timedelta(days=90)


def _certificate(context: ssl.SSLContext, valid: timedelta) -> None:
    ca = trustme.CA()
    ca.issue_cert("localhost", "127.0.0.1", not_after=datetime.now(UTC) + valid).configure_cert(context)


async def _close(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


def _edge(scene: Scene, public_port: int, metrics_port: int) -> ProcessSpec:
    usual = scene.system.processes["edge"].spec
    env = {
        **usual.env,
        "PARLEY_EDGE_PORT": "0",
        "PARLEY_EDGE_DIRECT_PORT": "0",
        "PARLEY_EDGE_METRICS_PORT": str(metrics_port),
        "PARLEY_EDGE_REUSE_PORT": "false",
        "PARLEY_EDGE_DIRECT_URL": "",
        "PARLEY_PUBLIC_URL": f"https://127.0.0.1:{public_port}",
    }
    ready_url = f"http://127.0.0.1:{metrics_port}/readyz"
    return dataclasses.replace(usual, name="edge-tls", env=env, ready_url=ready_url)


@asynccontextmanager
async def expiring_certificate(scene: Scene) -> AsyncIterator[None]:
    """Add such an edge to the system; on exit the certificate is renewed, and the edge reads it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _certificate(context, _SOON)
    server = await asyncio.start_server(_close, "127.0.0.1", 0, ssl=context)
    metrics_port = free_port()
    spec = _edge(scene, server.sockets[0].getsockname()[1], metrics_port)
    # Both outlive this function: the alert is resolved after it.
    scene.background.callback(server.close)
    processes = await scene.background.enter_async_context(running_processes((spec,), scene.system.home))
    scene.targets["edge-tls"] = f"127.0.0.1:{metrics_port}"
    scene.monitoring.scrape(scene.targets)
    try:
        yield
    finally:
        _certificate(context, _LATER)
        # An edge reads it when it starts, and every 6 hours.
        os.kill(processes["edge-tls"].pid, signal.SIGTERM)
