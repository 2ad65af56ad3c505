"""Answers that move from one provider's model to another's, within a sentence or a tool call."""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from parley.v1.playback_pb2 import PlaybackFinished
from parley.v1.reply_pb2 import ReplyClause, ReplyFinished, ToolReturned
from parley.v1.work_pb2 import StageFailed
from sandbox.anthropic.endpoint import AnthropicEndpoints
from sandbox.gemini.endpoint import GeminiEndpoints
from sandbox.openai.app import OpenAIEmulator
from sandbox.openai.settings import OpenAISandboxSettings
from tests.event_factories import bodies_of
from tests.integration.brain_agents import AgentsCall, agents_call

HOURS = "We are open from eight in the morning, every day of the week but Sunday. Come by early."
PLAYED = 9
"""Tokens before a fault: the first clause has been spoken, the second one not."""
NOTED = "Let me write that down."
BOOKED = "You are booked, Friday at nine it is. See you then."
RULES: list[dict[str, Any]] = [
    {"tool_result": "save_data", "say": BOOKED},
    {
        "when": "book",
        "say": NOTED,
        "call": {"name": "save_data", "arguments": {"values": {"day": "Friday"}}},
    },
    {"when": "hours|again", "say": HOURS},
    {"say": "Good morning."},
]
BEGINS_AGAIN = [{"when": "say again", "say": HOURS.replace("We are open from", "we are open, from")}, *RULES]
"""The same from a model that begins one of its answers again instead of continuing it."""
BREAKS_OFF = [{**RULES[0], "fault": "error_mid", "fault_after": 5}, *RULES[1:]]
"""The same from a model that is lost in its answer to the result of a tool."""
MODELS = {
    "chat": {"provider": "openai", "api": "chat"},
    "responses": {"provider": "openai", "api": "responses"},
    "anthropic": {"provider": "anthropic", "model": "claude-haiku-5-5"},
    "gemini": {"provider": "gemini", "model": "gemini-3.5-flash-lite"},
    "thinking": {"provider": "anthropic", "model": "claude-haiku-4-5", "reasoning_effort": "low"},
    "signing": {"provider": "gemini", "model": "gemini-3.8-flash"},
}


class _Recorder:
    """Keeps the path and the body of each request."""

    def __init__(self, app: ASGIApp, requests: list[tuple[str, Any]]) -> None:
        self._app = app
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def recorded() -> Message:
            message = await receive()
            if message["type"] == "http.request" and message.get("body"):
                self._requests.append((scope["path"], json.loads(message["body"])))
            return message

        await self._app(scope, recorded, send)


class Models(OpenAIEmulator):
    """All emulated models, and the requests that they get."""

    def __init__(self, scenario: Path) -> None:
        super().__init__(OpenAISandboxSettings(first_token_ms=5, tokens_per_s=2000, scenario=str(scenario)))
        self.requests: list[tuple[str, Any]] = []

    def app(self, more: Sequence[BaseRoute] = ()) -> Starlette:
        """The application with the routes of all providers."""
        anthropic, gemini = AnthropicEndpoints(self.exchanges), GeminiEndpoints(self.exchanges)
        app = super().app([*more, *anthropic.routes("/anthropic"), *gemini.routes("/gemini")])
        app.add_middleware(_Recorder, requests=self.requests)
        return app


class Chain:
    """A call whose agent has two models, of which the first one fails on demand."""

    def __init__(self, call: AgentsCall, models: Models, first: str, *, rules_differ: bool) -> None:
        self.call = call
        self.models = models
        self._first = first
        self.rules_differ = rules_differ
        """Whether the first model has rules of its own."""

    async def turn(self, text: str, end: Callable[[Any], bool] | None = None, **faults: Any) -> str:
        """Let the caller say something; return what the agent says until the end of its answer."""
        plain = OpenAISandboxSettings().model_dump(include=set(faults))
        self.models.requests.clear()
        self.models.runtime_settings.update({"llm_fault_model": self._first, **faults})
        before = len(self.call.bodies)
        await self.call.speak(text)
        await self.call.until(end or _is_answered)
        self.models.runtime_settings.update(plain)
        for finished in bodies_of(self.call.bodies[before:], ReplyFinished):
            await self.call.edge.append(PlaybackFinished(reply_id=finished.reply_id, played_samples=8000))
        replies: dict[str, str] = {}
        for clause in bodies_of(self.call.bodies[before:], ReplyClause):
            replies[clause.reply_id] = replies.get(clause.reply_id, "") + clause.text
        return " ".join(text.strip() for text in replies.values())

    @property
    def broken_off(self) -> str:
        """The spoken part of the last answer that broke off."""
        ends = bodies_of(self.call.bodies, ReplyFinished)
        return self.call.text_of([end.reply_id for end in ends if end.reason == "interrupted"][-1]).strip()

    @property
    def history(self) -> list[tuple[str, str]]:
        """The role and the text of each message of the last request, without instructions of the agent."""
        path, body = self.models.requests[-1]
        if path.startswith("/gemini"):
            return [(content["role"], _text(content["parts"])) for content in body["contents"]]
        messages = body["messages"] if "messages" in body else body["input"]
        return [(message["role"], _text(message["content"])) for message in messages if "role" in message]


def _is_answered(body: Any) -> bool:
    return isinstance(body, ReplyFinished) and body.reason not in ("interrupted", "tool_calls")


def _text(content: Any) -> str:
    return content if isinstance(content, str) else " ".join(str(part.get("text", "")) for part in content)


@asynccontextmanager
async def chain(
    nats_url: str,
    folder: Path,
    environment: pytest.MonkeyPatch,
    first: str,
    second: str,
    rules: Sequence[Mapping[str, Any]] = RULES,
    first_rules: Sequence[Mapping[str, Any]] = RULES,
) -> AsyncIterator[Chain]:
    """Yield a call over two models; `rules` are those of the second one, and of every native model."""
    paths = {"first": folder / "first.rules.yaml", "second": folder / "second.rules.yaml"}
    for path, own in zip(paths.values(), (first_rules, rules), strict=True):
        path.write_text(yaml.safe_dump({"rules": [dict(rule) for rule in own]}), encoding="utf-8")
    sections = [
        {"model": str(path), **MODELS[name]}
        for name, path in zip((first, second), paths.values(), strict=True)
    ]
    agent = {
        "prompt": "You are the front desk.",
        "llm": {**sections[0], "timeout_s": 3, "fallbacks": [sections[1]]},
        "collect": [{"name": "day", "description": "The day of the visit."}],
        "fillers": {"phrases": [], "tool_phrases": []},
    }
    (folder / "front.yaml").write_text(yaml.safe_dump(agent), encoding="utf-8")
    environment.setenv("PARLEY_LLM_TOKEN_TIMEOUT_S", "1")
    environment.setenv("PARLEY_LLM_TOOL_CALL_TIMEOUT_S", "1")
    models = Models(paths["second"])
    async with agents_call(nats_url, folder, environment, "front", emulator=models) as call:
        yield Chain(call, models, str(sections[0]["model"]), rules_differ=first in ("chat", "responses"))


PAIRS = pytest.mark.parametrize(
    ("first", "second"),
    [("chat", "anthropic"), ("responses", "gemini"), ("anthropic", "responses"), ("gemini", "anthropic")],
)
WITHIN = ("close_mid", "error_mid", "hang_mid", "garbage")


@PAIRS
async def test_an_answer_moves_to_the_next_model(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str, second: str
) -> None:
    """Every sentence is spoken once, and every tool call made once, whatever has failed."""
    async with chain(nats_url, tmp_path, monkeypatch, first, second, BEGINS_AGAIN) as made:
        for fault in WITHIN:
            await _moves_within_a_sentence(made, fault)
        await _moves_within_a_tool_call(made, llm_fault="close_in_tool_call")
        await _moves_within_a_tool_call(made, llm_fault="slow_tool_call", llm_silence_s=30)
        await _is_complete_after_its_last_word(made)
        if made.rules_differ:
            await _begins_again(made)
        for status in (429, 503, 401):
            await _moves_before_a_word(made, status)


async def _moves_within_a_sentence(made: Chain, fault: str) -> None:
    """The request to the second model contains exactly the words that were spoken."""
    await _works(made)
    assert await made.turn("what are your hours", llm_fault=fault, llm_fault_after=PLAYED) == HOURS, fault
    (_, question), (role, text), (_, instruction) = made.history[-3:]
    assert question == "what are your hours", fault
    assert role in ("assistant", "model")
    assert text == made.broken_off, fault
    assert "cut off" in instruction


async def _moves_within_a_tool_call(made: Chain, **faults: Any) -> None:
    """The words before it are spoken once, and the tool runs once."""
    await _works(made)
    before = len(bodies_of(made.call.bodies, ToolReturned))
    assert await made.turn("please book it", **faults) == f"{NOTED} {BOOKED}", faults
    assert [tool.failed for tool in bodies_of(made.call.bodies, ToolReturned)[before:]] == [False], faults


async def _is_complete_after_its_last_word(made: Chain) -> None:
    """The next model has nothing to add, and the caller hears no apology."""
    await _works(made)
    assert await made.turn("what are your hours", llm_fault="close_mid", llm_fault_after=99) == HOURS


async def _begins_again(made: Chain) -> None:
    """The first words of the next model are those that were spoken."""
    await _works(made)
    assert await made.turn("say again", llm_fault="close_mid", llm_fault_after=PLAYED) == HOURS


async def _moves_before_a_word(made: Chain, status: int) -> None:
    """The second model gets the caller's question, and no instruction to continue."""
    await _works(made)
    assert await made.turn("what are your hours", llm_refuse=status) == HOURS, status
    assert made.history[-1] == ("user", "what are your hours"), status


async def _works(made: Chain) -> None:
    """The first model answers, which closes its circuit."""
    assert await made.turn("hello") == "Good morning."


@pytest.mark.parametrize(("first", "second"), [("chat", "thinking"), ("responses", "signing")])
async def test_a_tool_call_of_the_first_model_is_answered_by_the_next(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str, second: str
) -> None:
    """Its signatures are not those that the other provider requires."""
    async with chain(nats_url, tmp_path, monkeypatch, first, second, first_rules=BREAKS_OFF) as made:
        assert await made.turn("please book it") == f"{NOTED} {BOOKED}"
    failed = bodies_of(made.call.bodies, StageFailed)
    assert [failure.provider for failure in failed] == ["openai"]
    assert len(bodies_of(made.call.bodies, ToolReturned)) == 1
