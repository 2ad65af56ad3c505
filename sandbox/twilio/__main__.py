"""Run the Twilio emulator."""

import asyncio
from functools import partial

import structlog

from parley.runtime.health import serve
from parley.runtime.process import run_service
from parley.settings import load
from sandbox.twilio.app import twilio_app
from sandbox.twilio.network import open_network
from sandbox.twilio.settings import TwilioSandboxSettings


async def main(settings: TwilioSandboxSettings, stop: asyncio.Event) -> None:
    """Serve until `stop` is set."""
    async with open_network(settings) as network:
        app = twilio_app(network)
        async with serve(app, settings.host, settings.port, drain_timeout_s=1) as port:
            structlog.get_logger().info("ready", url=f"http://{settings.host}:{port}")
            await stop.wait()
            await network.close()


if __name__ == "__main__":
    run_service(partial(main, load(TwilioSandboxSettings)))
