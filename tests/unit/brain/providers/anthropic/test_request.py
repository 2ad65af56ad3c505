"""Requests of Anthropic's API: any history is accepted by the strict emulator, with every model."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.agent_config import LlmConfig
from sandbox.anthropic.fields import body_errors, model_errors
from sandbox.anthropic.messages import message_errors
from sandbox.anthropic.models import find_model, models
from services.brain.providers.anthropic.request import build_request
from services.brain.providers.streams.model_input import ModelInput
from services.brain.providers.streams.servers import Server
from tests.unit.brain.providers.histories import TOOLS, histories

SERVER = Server("https://api.anthropic.com", "k", "ANTHROPIC_API_KEY", True)
NAMES = [model.names[0] for model in models() if model.efforts or model.thinking != ("disabled",)]
USER = [{"role": "user", "content": "Hello"}]


def body_of(
    messages: Any = USER, refused: frozenset[str] = frozenset(), tools: Any = (), **config: Any
) -> dict[str, Any]:
    settings = LlmConfig(provider="anthropic", **{"model": "claude-haiku-5-5", **config})
    return build_request(SERVER, settings, ModelInput(messages, tools, "CA1"), refused).body


def check(body: dict[str, Any]) -> None:
    """Raise for the first reason of the emulator to refuse the body."""
    body = json.loads(json.dumps(body))
    model = find_model(body["model"])
    assert model is not None
    for errors in (body_errors(body), model_errors(body, model), message_errors(body, model)):
        assert (error := next(errors, None)) is None, error


@settings(max_examples=60)
@given(
    model=st.sampled_from(NAMES),
    history=histories,
    effort=st.sampled_from((None, "low")),
    tools=st.sampled_from((TOOLS, ())),
)
def test_any_history_is_accepted(
    model: str, history: list[dict[str, Any]], effort: str | None, tools: Any
) -> None:
    before = json.dumps(history)
    check(body_of(history, tools=tools, model=model, reasoning_effort=effort))

    assert json.dumps(history) == before


@pytest.mark.parametrize("effort", ["none", "low", "medium", "high", "xhigh", "max", "minimal"])
@pytest.mark.parametrize("model", NAMES)
def test_every_effort_is_sent_as_the_model_accepts_it(model: str, effort: str) -> None:
    check(body_of(model=model, reasoning_effort=effort, tools=TOOLS))


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("claude-haiku-5-5", {"thinking": {"type": "disabled"}}),
        ("claude-sonnet-5-5", {"thinking": {"type": "between_tools"}}),
        ("claude-opus-5-5", {"output_config": {"effort": "low"}}),
        ("claude-haiku-4-5", {}),
        ("some-other-model", {}),
        ("claude-later-9", {"thinking": {"type": "disabled"}}),
    ],
)
def test_the_model_thinks_as_little_as_it_can(model: str, expected: dict[str, Any]) -> None:
    body = body_of(model=model)

    assert {name: body[name] for name in ("thinking", "output_config") if name in body} == expected


def test_a_refused_setting_of_thinking_is_followed_by_the_next() -> None:
    refused = frozenset({"thinking=disabled"})

    assert body_of(refused=refused)["thinking"] == {"type": "between_tools"}
    assert body_of(refused=refused | {"thinking=between_tools"})["output_config"] == {"effort": "low"}


def test_thinking_gets_tokens_of_its_own() -> None:
    assert body_of(max_tokens=300)["max_tokens"] == 300
    assert body_of(max_tokens=300, reasoning_effort="low")["max_tokens"] == 2300
    assert body_of(max_tokens=300, model="claude-opus-5-5")["max_tokens"] == 2300


def test_a_temperature_is_sent_only_where_it_is_accepted() -> None:
    assert "temperature" not in body_of(temperature=0.3)
    assert body_of(temperature=0.3, model="claude-haiku-4-5")["temperature"] == 0.3
    assert "temperature" not in body_of(temperature=0.3, model="claude-haiku-4-5", reasoning_effort="low")


def test_what_does_not_change_between_requests_is_marked_for_the_cache() -> None:
    history = [
        {"role": "system", "content": "You answer."},
        {"role": "assistant", "content": "Welcome."},
        {"role": "user", "content": "Hello"},
        {"role": "system", "content": "Go on."},
    ]
    body = body_of(history, tools=TOOLS)

    assert body["tools"][-1]["cache_control"] == body["system"][-1]["cache_control"] == {"type": "ephemeral"}
    assert "cache_control" in body["messages"][1]["content"][0]
    assert not any("cache_control" in block for block in body["messages"][2]["content"])
    assert "cache_control" not in str(body_of(history, options={"prompt_cache": "off"}))
    assert "'ttl': '1h'" in str(body_of(history, options={"prompt_cache": "1h"}))


def test_thinking_before_a_tool_call_is_returned_until_the_caller_speaks() -> None:
    thought = {"type": "thinking", "thinking": "", "signature": "c2ln"}
    function = {"name": "book", "arguments": "{}"}
    call = {"id": "1", "type": "function", "function": function, "anthropic": {"thinking": [thought]}}
    turn = [
        *USER,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "1", "content": "{}"},
    ]

    assert body_of(turn, tools=TOOLS, model="claude-sonnet-5-5")["messages"][1]["content"][0] == thought
    assert "thinking" not in str(body_of([*turn, *USER], tools=TOOLS, model="claude-sonnet-5-5")["messages"])
    assert "signature" not in str(body_of(turn, tools=TOOLS, model="claude-haiku-5-5")["messages"])
    refused = frozenset({"thinking_blocks"})
    assert "signature" not in str(body_of(turn, refused, tools=TOOLS, model="claude-sonnet-5-5")["messages"])


def test_a_tool_call_of_another_model_is_answered_without_a_budget_for_thinking() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "book", "arguments": "{}"}}
    turn = [
        *USER,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "1", "content": "{}"},
    ]
    settings: Any = {"model": "claude-haiku-4-5", "reasoning_effort": "low", "tools": TOOLS}

    assert "thinking" not in body_of(turn, **settings)
    assert body_of([*turn, {"role": "assistant", "content": "Done."}, *USER], **settings)["thinking"]


def test_the_agents_own_fields_are_merged() -> None:
    body = body_of(extra={"top_k": 5, "metadata": None, "output_config": {"effort": "low"}})

    assert body["top_k"] == 5
    assert "metadata" not in body
    assert "top_k" not in body_of(extra={"top_k": 5}, refused=frozenset({"top_k"}))
