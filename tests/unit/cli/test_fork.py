"""A fork without a provider; tests/e2e/test_replay.py forks a call."""

from pathlib import Path

import pytest

from cli.fork import fork
from parley.agent_config import AgentConfig
from parley.errors import ConfigError
from parley.v1.call_pb2 import CallStarted
from parley.v1.speech_pb2 import TurnEnded
from tests.event_factories import events_of


async def test_a_fork_without_a_key_or_an_emulator_names_the_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PARLEY_NATS_URL may name the log of a call when no system runs on this machine."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    events = events_of((0, CallStarted()), (1000, TurnEnded(turn=1, text="hello")))

    with pytest.raises(ConfigError, match="OPENAI_API_KEY"):
        await fork(tmp_path, events, 1, AgentConfig(name="x", prompt="x"))
