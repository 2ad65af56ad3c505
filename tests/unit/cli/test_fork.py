"""A fork without a provider; tests/e2e/test_replay.py forks a call."""

from pathlib import Path

import pytest

from cli.fork import fork
from parley.agent_config import AgentConfig, LlmConfig
from parley.errors import ConfigError
from parley.v1.call_pb2 import CallStarted
from parley.v1.speech_pb2 import TurnEnded
from tests.event_factories import events_of

EVENTS = events_of((0, CallStarted()), (1000, TurnEnded(turn=1, text="hello")))


@pytest.mark.parametrize("provider", ["openai", "anthropic", "gemini"])
async def test_a_fork_without_a_key_or_an_emulator_names_the_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: str
) -> None:
    """PARLEY_NATS_URL may name the log of a call when no system runs on this machine."""
    monkeypatch.delenv(f"{provider.upper()}_API_KEY", raising=False)
    monkeypatch.delenv(f"{provider.upper()}_BASE_URL", raising=False)

    with pytest.raises(ConfigError, match=f"{provider.upper()}_API_KEY"):
        await fork(tmp_path, EVENTS, 1, AgentConfig(name="x", prompt="x", llm=LlmConfig(provider=provider)))


async def test_an_agent_with_a_speech_to_speech_model_is_refused(tmp_path: Path) -> None:
    """Its model answers audio."""
    with pytest.raises(ConfigError, match="--agent"):
        await fork(tmp_path, EVENTS, 1, AgentConfig(name="x", prompt="x", mode="realtime"))
