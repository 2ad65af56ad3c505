"""Runs the emulators of all language models."""

import asyncio
import sys
from contextlib import aclosing
from functools import partial

from parley.runtime.health import serve
from parley.runtime.process import run_service
from parley.settings import load
from sandbox.language_models.app import language_models_app
from sandbox.openai.app import OpenAIEmulator
from sandbox.openai.realtime.endpoint import MAX_MESSAGE_BYTES
from sandbox.openai.scenario import ScenarioError, read_scenario
from sandbox.openai.settings import OpenAISandboxSettings


async def _run(settings: OpenAISandboxSettings, stop: asyncio.Event) -> None:
    emulator = OpenAIEmulator(settings)
    address = (settings.host, settings.openai_port)
    async with (
        aclosing(emulator.recogniser),
        serve(
            language_models_app(emulator), *address, drain_timeout_s=1, max_message_bytes=MAX_MESSAGE_BYTES
        ),
    ):
        await stop.wait()


if __name__ == "__main__":
    loaded = load(OpenAISandboxSettings)
    try:
        read_scenario(loaded.scenario)
    except ScenarioError as error:
        sys.exit(f"PARLEY_SANDBOX_SCENARIO: {error}")
    run_service(partial(_run, loaded))
