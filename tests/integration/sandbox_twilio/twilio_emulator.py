"""The Twilio emulator and a web application, both served in the test process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from parley.runtime.health import serve
from sandbox.twilio.app import twilio_app
from sandbox.twilio.faults import Faults
from sandbox.twilio.network import Network, open_network
from sandbox.twilio.settings import TwilioSandboxSettings
from tests.eventually import eventually
from tests.integration.sandbox_twilio.control_client import ControlClient
from tests.integration.sandbox_twilio.web_application import TOKEN, WebApplication, open_web_application

ACCOUNT = "AC" + "5a" * 16
CONNECT = (
    '<Response><Connect><Stream url="wss://{host}/stream" statusCallback="http://{host}/status">'
    '<Parameter name="agent" value="clinic"/></Stream></Connect></Response>'
)


@dataclass(frozen=True)
class TwilioEmulator(ControlClient):
    """The emulator, the web application, and a client of the emulator's control API."""

    network: Network
    application: WebApplication
    url: str

    async def wait_for_requests(self, path: str, count: int) -> list[dict[str, str]]:
        """The parameters of all requests to a path, once there are at least `count`."""
        await eventually(lambda: len(self.application.params_of(path)) >= count)
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
            "recording_processing_ms": 0,
            # The tests count requests.
            "faults": Faults(repeated_webhooks=0),
            **settings,
        }
        async with open_network(TwilioSandboxSettings(**chosen)) as network:
            async with serve(twilio_app(network), "127.0.0.1", 0, drain_timeout_s=1) as port:
                url = f"http://127.0.0.1:{port}"
                async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=10) as client:
                    yield TwilioEmulator(client, network, application, url)
                    await network.close()
