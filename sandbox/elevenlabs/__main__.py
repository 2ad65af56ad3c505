"""Runs the ElevenLabs emulator, and those of other voices under paths of their own in the same process."""

import asyncio
from functools import partial

from starlette.applications import Starlette
from starlette.routing import Mount

from parley.runtime.health import serve
from parley.runtime.process import run_service
from parley.settings import load
from sandbox.cartesia.app import CartesiaEmulator
from sandbox.cartesia.settings import CartesiaSandboxSettings
from sandbox.elevenlabs.app import ElevenLabsEmulator
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from sandbox.polly.app import PollyEmulator
from sandbox.polly.settings import PollySandboxSettings
from sandbox.recognition.opening import open_recogniser_late
from sandbox.recognition.oracle import Oracle


async def _run(settings: ElevenLabsSandboxSettings, stop: asyncio.Event) -> None:
    oracle = Oracle()
    cartesia = CartesiaEmulator(load(CartesiaSandboxSettings))
    polly = PollyEmulator(load(PollySandboxSettings))
    async with open_recogniser_late(settings, oracle) as recogniser:
        elevenlabs = ElevenLabsEmulator(settings, oracle, recogniser)
        app = Starlette(
            routes=[
                Mount("/cartesia", cartesia.app()),
                Mount("/polly", polly.app()),
                Mount("/", elevenlabs.app()),
            ]
        )
        async with serve(app, settings.host, settings.elevenlabs_port, drain_timeout_s=1):
            await stop.wait()


if __name__ == "__main__":
    run_service(partial(_run, load(ElevenLabsSandboxSettings)))
