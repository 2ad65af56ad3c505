"""A call that changes its language, with a real brain, real NATS and scripted models."""

from pathlib import Path
from typing import Any

import pytest

from parley.errors import ConfigError
from parley.v1.handoff_pb2 import LanguageChanged
from parley.v1.reply_pb2 import ReplyStarted, ToolReturned
from services.brain.agent_runtime import AgentRuntime, AgentRuntimes
from tests.event_factories import bodies_of
from tests.integration.brain_agents import agents_call, write_agent

LANGUAGES = {"de": {"prompt": "Du bist die Praxis."}, "es": {"prompt": "Eres la consulta."}}
RULES: list[dict[str, Any]] = [
    {"tool_result": "switch_language", "say": "Claro, hablemos en espanol."},
    {"when": "spanish", "call": {"name": "switch_language", "arguments": {"language": "es"}}},
    {"when": "Termin", "say": "Gerne, wann?"},
    {"when": ".", "say": "Of course."},
]


async def test_the_call_follows_the_callers_language(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change precedes the answer to the turn, and a short turn in between changes nothing."""
    write_agent(tmp_path, "front", RULES, language="en", languages=LANGUAGES)

    async with agents_call(nats_url, tmp_path, monkeypatch, "front") as call:
        await call.speak("good morning how are you", "en")
        await call.until_reply("Of course")
        await call.speak("ich brauche einen Termin", "de")
        await call.until_reply("Gerne")
        await call.speak("okay", "en")
        await call.until_reply("Of course")

    [changed] = bodies_of(call.bodies, LanguageChanged)
    assert (changed.language, changed.turn) == ("de", 2)
    order = [type(body) for body in call.bodies if isinstance(body, LanguageChanged | ReplyStarted)]
    assert order == [ReplyStarted, LanguageChanged, ReplyStarted, ReplyStarted]


async def test_the_caller_requests_a_language(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model calls the tool; the request, in the former language, does not change it back."""
    write_agent(tmp_path, "front", RULES, language="en", languages=LANGUAGES)

    async with agents_call(nats_url, tmp_path, monkeypatch, "front") as call:
        await call.speak("can we speak spanish please", "en")
        await call.until_reply("hablemos")

    [changed] = bodies_of(call.bodies, LanguageChanged)
    assert (changed.language, changed.turn, bool(changed.tool_call_id)) == ("es", 1, True)


async def test_the_tool_fails_if_a_language_cannot_be_used(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise it would continue in a language in which the agent has no voice."""
    write_agent(tmp_path, "front", RULES, language="en", languages=LANGUAGES)
    get = AgentRuntimes.get

    async def refuse_spanish(runtimes: AgentRuntimes, name: str, language: str) -> AgentRuntime:
        if language == "es":
            raise ConfigError("es: no such provider")
        return await get(runtimes, name, language)

    monkeypatch.setattr(AgentRuntimes, "get", refuse_spanish)
    async with agents_call(nats_url, tmp_path, monkeypatch, "front") as call:
        await call.speak("can we speak spanish please", "en")
        returned = await call.until(lambda body: isinstance(body, ToolReturned))

    assert isinstance(returned, ToolReturned)
    assert returned.failed
    assert "es is not available" in returned.result
