"""Forks a call: generates the answers again from one of its turns on, with another agent file."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.calls import SystemNotRunning, environment_of
from cli.providers import SANDBOX_TOKEN
from parley.agent_config import AgentConfig
from parley.errors import ConfigError
from parley.latency.projection import turn_latencies
from parley.providers.facts import ProviderFacts
from parley.providers.llm import LlmClient, Message, TextDelta, ToolCallRequest
from parley.providers.registry import ProviderContext, ProviderPlugin, configs_of, load_plugin
from parley.settings import load
from parley.telemetry.setup import start_telemetry
from parley.v1.event_pb2 import Event
from services.brain.conversation import Conversation
from services.brain.conversation_fold import evolve
from services.brain.generation.prompt import build_messages
from services.brain.settings import BrainSettings
from services.brain.tools.context import context_without_call, open_tool_resources
from services.brain.tools.registry import build_tools


@dataclass(frozen=True, slots=True)
class ForkedTurn:
    """One turn with its recorded and its new answer."""

    turn: int
    caller_text: str
    recorded_answer: str
    new_answer: str


async def fork(home: Path, events: Sequence[Event], turn: int, agent: AgentConfig) -> list[ForkedTurn]:
    """Generate the agent's answers from this turn on; the caller's turns stay as recorded.

    Raises:
        ConfigError: the call does not have this turn.
        ProviderError: the model request failed.
    """
    if agent.is_realtime:
        raise ConfigError(
            f"agent {agent.name}: a speech-to-speech model answers audio, which a fork does not have; name an"
            " agent in mode `cascade` with --agent"
        )
    turns = {timing.turn: timing for timing in turn_latencies(events)}
    if turn not in turns:
        raise ConfigError(
            f"the call has no turn {turn}; it has: {', '.join(map(str, sorted(turns))) or 'none'}"
        )
    conversation = Conversation()
    for event in events:
        conversation = evolve(conversation, event)
        if event.HasField("turn_ended") and event.turn_ended.turn == turn:
            break
    messages = build_messages(agent, conversation)
    forked: list[ForkedTurn] = []
    async with _open_client(home, agent) as client:
        for number in (n for n in sorted(turns) if n >= turn):
            recorded = turns[number]
            if forked:
                messages.append({"role": "user", "content": recorded.caller_text})
            answer = await _answer(client, agent, messages)
            messages.append({"role": "assistant", "content": answer})
            forked.append(ForkedTurn(number, recorded.caller_text, recorded.agent_text, answer))
    return forked


@asynccontextmanager
async def _open_client(home: Path, agent: AgentConfig) -> AsyncIterator[LlmClient]:
    """Open the agent's provider; its emulator of the running system without a key.

    Raises:
        ConfigError: there is neither a key nor such an emulator.
    """
    configs_of("llm", agent.llm)
    plugin: ProviderPlugin[LlmClient] = load_plugin("llm", agent.llm.provider)
    if plugin.facts is not None and "base_url" not in agent.llm.options:
        _use_emulator_without_key(home, plugin.facts)
    settings = load(BrainSettings)
    async with plugin.open(ProviderContext(start_telemetry("cli", settings))) as client:
        yield client


def _use_emulator_without_key(home: Path, facts: ProviderFacts) -> None:
    """Set the key and the address of the running system's emulator, unless the environment has its own."""
    key, address = facts.key_setting, facts.address_setting
    if not key or os.environ.get(key, "").strip() or (address and os.environ.get(address, "").strip()):
        return
    try:
        variables = environment_of(home)
    except SystemNotRunning:
        variables = {}
    if variables.get(key) != SANDBOX_TOKEN or address not in variables:
        raise ConfigError(f"set {key}: no system with an emulator of {facts.title} is running")
    os.environ[key], os.environ[address] = SANDBOX_TOKEN, variables[address]


async def _answer(client: LlmClient, agent: AgentConfig, messages: Sequence[Message]) -> str:
    async with open_tool_resources() as resources:
        tools = build_tools(agent, context_without_call(agent, resources, "fork"))
    definitions = [tool.definition for tool in tools]
    parts: list[str] = []
    async with aclosing(client.stream(agent.llm, messages, definitions, call_sid="fork")) as chunks:
        async for chunk in chunks:
            match chunk:
                case TextDelta(text=text):
                    parts.append(text)
                case ToolCallRequest(name=name):
                    parts.append(f" [{name}]")
                case _:
                    pass
    return "".join(parts).strip()
