"""A hand-off while the language of the call changes."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from parley.agent_config import AgentConfig
from parley.errors import ConfigError
from services.brain.agent_runtime import AgentRuntimes
from services.brain.serving_agent import ServingAgent
from services.brain.session_log import SessionLog
from services.brain.tool_call import ToolCall
from services.brain.tools.runner import ToolResult

MODULE = "services.brain.serving_agent"
CALL = ToolCall("t1", "hand_off", '{"agent": "sales"}', "r1")


class Runtime:
    """An agent that generates nothing."""

    def __init__(self, name: str) -> None:
        config = AgentConfig(prompt="x")
        self.agent = SimpleNamespace(name=name, turn_taking=config.turn_taking, stt=config.stt)
        self.realtime = None
        self.replies = self.generator = self

    def stop(self) -> None:
        """Stop nothing."""

    async def close_unfinished(self) -> None:
        """Close nothing."""

    async def warm_up(self) -> None:
        """Prepare nothing."""


class Runtimes:
    """The agents of a call that has changed to German since `sales` was prepared in English."""

    def __init__(self, *, german: bool) -> None:
        self.first = Runtime("front")
        self._german = german

    def built(self, _name: str) -> Runtime | None:
        """Return None: no agent has been built in German."""
        return None

    def of(self, _call: ToolCall) -> Runtime:
        """The agent that made the call."""
        return self.first

    async def get(self, name: str, language: str) -> Runtime:
        """Build an agent."""
        assert language == "de"
        if not self._german:
            raise ConfigError("no German")
        return Runtime(name)


async def _handed_over(monkeypatch: pytest.MonkeyPatch, *, german: bool) -> tuple[ServingAgent, ToolResult]:
    async def append(call: ToolCall, *_: Any) -> ToolResult:
        return ToolResult(call.tool_call_id, "{}")

    async def ignore(*_: Any) -> None:
        pass

    monkeypatch.setattr(f"{MODULE}.already_done", lambda *_: None)
    monkeypatch.setattr(f"{MODULE}.hand_offs.why_not", lambda *_: "")
    monkeypatch.setattr(f"{MODULE}.append_hand_off", append)
    conversation = SimpleNamespace(agent=SimpleNamespace(language="de"), phrase_choice=None)
    log = SimpleNamespace(conversation=conversation, append=ignore)
    serving = ServingAgent(cast("AgentRuntimes", Runtimes(german=german)), cast("SessionLog", log))
    async with asyncio.TaskGroup() as tasks:
        result = await serving.hand_over(CALL, tasks)
    return serving, result


async def test_the_next_agent_is_built_in_a_language_that_began_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The tool has prepared it in the language before."""
    serving, result = await _handed_over(monkeypatch, german=True)
    assert not result.failed
    assert serving.runtime.agent.name == "sales"


async def test_a_refused_hand_off_has_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model learns why the agent remains."""
    serving, result = await _handed_over(monkeypatch, german=False)
    assert result.refused
    assert "not available" in result.result
    assert serving.runtime.agent.name == "front"
