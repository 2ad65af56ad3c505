"""A call gone on with from one of its turns, with another agent file: the model asked again, turn by turn."""

import json
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from cli.plan import SANDBOX_TOKEN
from parley.agent_config import AgentConfig
from parley.errors import ConfigError
from parley.latency.projection import turn_latencies
from parley.providers.llm import LlmClient, Message, TextDelta, ToolCallRequest
from parley.settings import load
from parley.v1.event_pb2 import Event
from services.brain.conversation import Conversation, evolve
from services.brain.generation.prompt import messages
from services.brain.providers.openai import open_client
from services.brain.settings import BrainSettings
from services.brain.tools.http import HttpTools, open_http
from services.brain.tools.registry import build_tools


@dataclass(frozen=True, slots=True)
class Forked:
    """A turn, answered then and now."""

    turn: int
    caller_text: str
    then: str
    now: str


async def fork(home: Path, events: Sequence[Event], turn: int, agent: AgentConfig) -> list[Forked]:
    """What the agent would have answered from this turn on, had the caller said the same.

    Raises:
        ConfigError: the call has no such turn.
        ProviderError: the model did not answer.
    """
    turns = {timing.turn: timing for timing in turn_latencies(events)}
    if turn not in turns:
        raise ConfigError(
            f"the call has no turn {turn}; it has: {', '.join(map(str, sorted(turns))) or 'none'}"
        )
    known = Conversation()
    for event in events:
        known = evolve(known, event)
        if event.HasField("turn_ended") and event.turn_ended.turn == turn:
            break
    told = messages(agent, known)
    answers: list[Forked] = []
    async with open_client(_settings(home)) as model:
        for number in (n for n in sorted(turns) if n >= turn):
            if answers:
                told.append({"role": "user", "content": turns[number].caller_text})
            now = await _answer(model, agent, told)
            told.append({"role": "assistant", "content": now})
            answers.append(Forked(number, turns[number].caller_text, turns[number].agent_text, now))
    return answers


def _settings(home: Path) -> BrainSettings:
    """Those of the environment; without a key, the stand-in of the system that is up."""
    settings = load(BrainSettings)
    if settings.openai_api_key.get_secret_value() or settings.openai_base_url:
        return settings
    urls = json.loads((home / "system.json").read_text("utf-8"))["sandbox_urls"]
    told = {"OPENAI_BASE_URL": f"{urls['openai']}/v1", "OPENAI_API_KEY": SANDBOX_TOKEN}
    return BrainSettings.model_validate(told)


async def _answer(model: LlmClient, agent: AgentConfig, told: Sequence[Message]) -> str:
    async with open_http() as client:
        definitions = [tool.definition for tool in build_tools(agent, HttpTools(client, "fork"))]
    said: list[str] = []
    async with aclosing(model.stream(agent.llm, told, definitions, call_sid="fork")) as thoughts:
        async for thought in thoughts:
            match thought:
                case TextDelta(text=text):
                    said.append(text)
                case ToolCallRequest(name=name):
                    said.append(f" [{name}]")
                case _:
                    pass
    return "".join(said).strip()
