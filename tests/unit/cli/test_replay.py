"""Tests of the comparison of a recorded call; with a system: tests/e2e/test_replay.py."""

from pathlib import Path

import pytest

from cli.replay import differences
from parley.agent_config import parse_agent
from parley.agent_config.templates.call_data import call_data
from parley.agent_store import AgentStore
from parley.errors import ConfigError
from parley.runtime.call_agents import CallAgents
from parley.v1.call_pb2 import CallStarted, StreamStarted
from parley.v1.event_pb2 import Event
from parley.v1.handoff_pb2 import AgentChanged
from parley.v1.playback_pb2 import PlaybackFinished, PlaybackStarted
from parley.v1.reply_pb2 import REPLY_KIND_IDLE_PROMPT, ReplyClause, ReplyFinished, ReplyStarted
from tests.event_factories import events_of

FRONT = parse_agent("prompt: hi\nidle: {timeout_s: 300}", "front", "test")
PROMPTED = (
    (0, CallStarted(agent="front")),
    (100, StreamStarted(at_ms=100)),
    (200, AgentChanged(agent="sales", from_agent="front")),
    (300, ReplyStarted(reply_id="r1")),
    (310, ReplyClause(reply_id="r1", text="Sales.")),
    (320, ReplyFinished(reply_id="r1", clauses=1)),
    (400, PlaybackStarted(reply_id="r1", at_ms=400)),
    (1000, PlaybackFinished(reply_id="r1", played_samples=4800, at_ms=1000)),
    (4050, ReplyStarted(reply_id="r2", kind=REPLY_KIND_IDLE_PROMPT)),
    (4060, ReplyClause(reply_id="r2", text="Hello?")),
    (4070, ReplyFinished(reply_id="r2", clauses=1)),
)
"""A call whose second agent prompts the caller after 3 s."""


async def actions(folder: Path, *, without_change: bool = False) -> list[str]:
    """The actions that differ."""
    timed = [each for each in PROMPTED if not (without_change and isinstance(each[1], AgentChanged))]
    events: list[Event] = list(events_of(*timed))
    agents = CallAgents(FRONT, "", AgentStore(str(folder)), call_data(events[0]))
    return [difference.action for difference in await differences(events, FRONT, agents)]


async def test_after_a_hand_off_the_code_decides_as_the_next_agent(tmp_path: Path) -> None:
    """The idle prompt of the second agent differs from what the first would do."""
    (tmp_path / "sales.yaml").write_text("prompt: hi\nidle: {timeout_s: 3}", "utf-8")

    assert "play an idle prompt" not in await actions(tmp_path)
    assert "play an idle prompt" in await actions(tmp_path, without_change=True)


async def test_an_agent_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    """It is named."""
    with pytest.raises(ConfigError, match="sales"):
        await actions(tmp_path)
