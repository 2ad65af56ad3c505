"""Run the stand-in for OpenAI."""

from parley.settings import load
from sandbox.openai.app import ChatCompletions
from sandbox.openai.settings import OpenAISandboxSettings
from sandbox.stand_in import run

if __name__ == "__main__":
    settings = load(OpenAISandboxSettings)
    run(ChatCompletions(settings).app(), settings.host, settings.openai_port)
