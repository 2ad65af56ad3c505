"""The Twilio emulator and a web application, both served in the test process."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from parley.runtime.health import serve
from sandbox.twilio.app import twilio_app
from sandbox.twilio.network import Network, open_network
from sandbox.twilio.settings import TwilioSandboxSettings
from tests.eventually import eventually
from tests.integration.sandbox_twilio.web_application import TOKEN, WebApplication, open_web_application

ACCOUNT = "AC" + "5a" * 16
CONNECT = (
    '<Response><Connect><Stream url="wss://{host}/stream" statusCallback="http://{host}/status">'
    '<Parameter name="agent" value="clinic"/></Stream></Connect></Response>'
)


@dataclass(frozen=True)
class TwilioEmulator:
    """The emulator, the web application, and a client of the emulator's control API."""

    network: Network
    application: WebApplication
    client: httpx.AsyncClient
    url: str

    async def call(self, steps: list[Any], **more: Any) -> str:
        """Start an inbound call with these steps and return its CallSid."""
        body = {"from": "+15550100001", "to": "+15550100000", "script": {"steps": steps}, **more}
        reply = await self.client.post("/sandbox/calls", json=body)
        assert reply.status_code == 201, reply.text
        return str(reply.json()["call_sid"])

    async def events(self, call_sid: str) -> list[dict[str, Any]]:
        """All events of a call, when it has ended."""
        async with asyncio.timeout(20):
            reply = await self.client.get(f"/sandbox/calls/{call_sid}/events", timeout=20)
        return [json.loads(line) for line in reply.text.splitlines()]

    async def report(self, call_sid: str) -> dict[str, Any]:
        """The caller's report, when the call has ended."""
        await self.events(call_sid)
        report: dict[str, Any] = (await self.client.get(f"/sandbox/calls/{call_sid}")).json()
        return report

    async def wait_for_requests(self, path: str, count: int) -> list[dict[str, str]]:
        """The parameters of all requests to a path, when there are at least `count`."""
        await eventually(lambda: len(self.application.params_of(path)) >= count, timeout_s=10)
        return self.application.params_of(path)


@asynccontextmanager
async def open_twilio_emulator(application: WebApplication, **settings: Any) -> AsyncIterator[TwilioEmulator]:
    """Serve both on free ports."""
    async with open_web_application(application):
        chosen = {
            "voice_url": f"{application.url}/voice",
            "status_url": f"{application.url}/status",
            "fallback_url": f"{application.url}/fallback",
            "account_sid": ACCOUNT,
            "auth_token": TOKEN,
            "port": 9001,
            "deepgram_url": None,
            "ring_s": 0.0,
            "amd_s": 0.05,
            **settings,
        }
        async with open_network(TwilioSandboxSettings(**chosen)) as network:
            async with serve(twilio_app(network), "127.0.0.1", 0, drain_timeout_s=1) as port:
                url = f"http://127.0.0.1:{port}"
                async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=10) as client:
                    yield TwilioEmulator(network, application, client, url)
                    await network.close()
