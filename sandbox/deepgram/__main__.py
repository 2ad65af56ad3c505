"""Runs the Deepgram emulator."""

import asyncio
from functools import partial

from parley.runtime.health import serve
from parley.runtime.process import run_service
from parley.settings import load
from sandbox.deepgram.app import DeepgramEmulator
from sandbox.deepgram.settings import DeepgramSandboxSettings
from sandbox.recognition.opening import open_recogniser
from sandbox.recognition.oracle import Oracle


async def _run(settings: DeepgramSandboxSettings, stop: asyncio.Event) -> None:
    oracle = Oracle()
    async with open_recogniser(settings, oracle) as recogniser:
        emulator = DeepgramEmulator(settings, oracle, recogniser)
        async with serve(emulator.app(), settings.host, settings.deepgram_port, drain_timeout_s=1):
            await stop.wait()


if __name__ == "__main__":
    run_service(partial(_run, load(DeepgramSandboxSettings)))
