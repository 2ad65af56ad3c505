"""Runs the OpenAI emulator."""

import sys

from parley.settings import load
from sandbox.emulator import run
from sandbox.openai.app import OpenAIEmulator
from sandbox.openai.scenario import ScenarioError, read_scenario
from sandbox.openai.settings import OpenAISandboxSettings

if __name__ == "__main__":
    settings = load(OpenAISandboxSettings)
    try:
        read_scenario(settings.scenario)
    except ScenarioError as error:
        sys.exit(f"PARLEY_SANDBOX_SCENARIO: {error}")
    run(OpenAIEmulator(settings).app(), settings.host, settings.openai_port)
