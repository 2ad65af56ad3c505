"""The telephone network's emulator, and an edge behind a proxy."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from cli.free_port import free_port
from parley.bus import connect
from tests.field.faulty_proxy import FaultyProxy
from tests.integration.edge_process import EdgeProcess, running_edge
from tests.integration.sandbox_twilio.control_client import ControlClient
from tests.integration.sandbox_twilio.test_with_edge import ACCOUNT, TOKEN, running_emulator


@dataclass(frozen=True)
class Line(ControlClient):
    """The telephone network, and an edge behind a proxy."""

    edge: EdgeProcess
    proxy: FaultyProxy

    async def call(self, **more: Any) -> tuple[str, list[dict[str, Any]]]:
        """Call the number, and wait for the call's end; returns its CallSid and events."""
        urls = {"voice_url": f"{self.proxy.url}/voice", "status_callback_url": f"{self.proxy.url}/status"}
        call_sid = await self.start_call([{"pause": 20_000}, "hang_up"], **urls, **more)
        return call_sid, await self.events(call_sid)


@asynccontextmanager
async def open_line(nats_url: str, folder: Path, **settings: str) -> AsyncIterator[Line]:
    """Run the emulator, an edge and the proxy in front of it."""
    async with AsyncExitStack() as stack:
        bus = await stack.enter_async_context(connect(nats_url, "t", timeout_s=30))
        url = await stack.enter_async_context(running_emulator(free_port(), folder))
        proxy = FaultyProxy(0)
        account = {"PARLEY_TWILIO_URL": url, "TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN}
        edge = await stack.enter_async_context(
            running_edge(nats_url, bus, folder, **{**account, "PARLEY_PUBLIC_URL": proxy.url, **settings})
        )
        proxy.target_port = urlsplit(edge.url).port or 0
        await stack.enter_async_context(proxy.running())
        client = httpx.AsyncClient(base_url=url, trust_env=False, timeout=10)
        yield Line(await stack.enter_async_context(client), edge, proxy)
