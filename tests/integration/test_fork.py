"""Forks of a call with each emulated model of a running system."""

import json
from pathlib import Path

import pytest

from cli.fork import fork
from cli.providers import SANDBOX_TOKEN
from parley.agent_config import AgentConfig, LlmConfig
from parley.runtime.health import serve
from parley.v1.call_pb2 import CallStarted
from parley.v1.speech_pb2 import TurnEnded
from sandbox.language_models.app import language_models_app
from sandbox.openai.app import OpenAIEmulator
from sandbox.openai.settings import OpenAISandboxSettings
from tests.event_factories import events_of

EVENTS = events_of((0, CallStarted()), (1000, TurnEnded(turn=1, text="hello")))
PATHS = {"openai": "/v1", "anthropic": "/anthropic", "gemini": "/gemini"}


@pytest.mark.parametrize("provider", PATHS)
async def test_a_fork_uses_the_emulator_of_the_running_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: str
) -> None:
    """Whichever provider the agent names, no key is needed."""
    key, address = f"{provider.upper()}_API_KEY", f"{provider.upper()}_BASE_URL"
    for name in (key, address):
        # Set first, so that what the fork sets is undone after the test.
        monkeypatch.setenv(name, "")
    emulator = OpenAIEmulator(OpenAISandboxSettings(first_token_ms=5, tokens_per_s=1000, scenario="echo"))
    async with serve(language_models_app(emulator), "127.0.0.1", 0) as port:
        variables = {key: SANDBOX_TOKEN, address: f"http://127.0.0.1:{port}{PATHS[provider]}"}
        (tmp_path / "system.json").write_text(json.dumps({"environment": variables}), encoding="utf-8")
        [turn] = await fork(
            tmp_path, EVENTS, 1, AgentConfig(name="x", prompt="x", llm=LlmConfig(provider=provider))
        )
    assert "hello" in turn.new_answer
