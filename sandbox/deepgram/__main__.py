"""Runs the Deepgram emulator."""

import asyncio
from functools import partial

from parley.runtime.health import serve
from parley.runtime.process import run_service
from parley.settings import load
from sandbox.deepgram.app import DeepgramEmulator
from sandbox.deepgram.oracle import Oracle
from sandbox.deepgram.settings import DeepgramSandboxSettings
from sandbox.deepgram.sphinx import open_sphinx


async def _run(settings: DeepgramSandboxSettings, stop: asyncio.Event) -> None:
    oracle = Oracle()
    if settings.stt == "oracle":
        await _serve(DeepgramEmulator(settings, oracle, oracle), settings, stop)
        return
    async with open_sphinx(settings.stt_workers) as sphinx:
        await _serve(DeepgramEmulator(settings, oracle, sphinx), settings, stop)


async def _serve(emulator: DeepgramEmulator, settings: DeepgramSandboxSettings, stop: asyncio.Event) -> None:
    async with serve(emulator.app(), settings.host, settings.deepgram_port, drain_timeout_s=1):
        await stop.wait()


if __name__ == "__main__":
    run_service(partial(_run, load(DeepgramSandboxSettings)))
