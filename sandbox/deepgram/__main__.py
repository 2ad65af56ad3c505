"""Runs the Deepgram emulator, and that of AssemblyAI under a path of its own in the same process."""

import asyncio
from functools import partial

from starlette.applications import Starlette
from starlette.routing import Mount

from parley.runtime.health import serve
from parley.runtime.process import run_service
from parley.settings import load
from sandbox.assemblyai.app import AssemblyAiEmulator
from sandbox.assemblyai.settings import AssemblyAiSandboxSettings
from sandbox.deepgram.app import DeepgramEmulator
from sandbox.deepgram.settings import DeepgramSandboxSettings
from sandbox.recognition.opening import open_recogniser
from sandbox.recognition.oracle import Oracle


async def _run(settings: DeepgramSandboxSettings, stop: asyncio.Event) -> None:
    oracle = Oracle()
    async with open_recogniser(settings, oracle) as recogniser:
        deepgram = DeepgramEmulator(settings, oracle, recogniser)
        assemblyai = AssemblyAiEmulator(load(AssemblyAiSandboxSettings), oracle, recogniser)
        app = Starlette(routes=[Mount("/assemblyai", assemblyai.app()), Mount("/", deepgram.app())])
        async with serve(app, settings.host, settings.deepgram_port, drain_timeout_s=1):
            await stop.wait()


if __name__ == "__main__":
    run_service(partial(_run, load(DeepgramSandboxSettings)))
