"""Tests for the decisions about a request, and for the requests of both APIs."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.agent_config import LlmConfig
from services.brain.providers.openai.client import build_request
from services.brain.providers.openai.profiles import Profile, load_profiles
from services.brain.providers.openai.request import PROTECTED, plan_request
from services.brain.providers.streams.history import REASONING_ITEMS
from services.brain.providers.streams.model_input import ModelInput
from tests.unit.brain.providers.histories import histories

TOOLS = [{"type": "function", "function": {"name": "book", "parameters": {"type": "object"}}}]
MESSAGES = [{"role": "system", "content": "You answer."}, {"role": "user", "content": "Hello."}]


def body_of(
    model: str, *, tools: bool = True, base_url: str = "", messages: Any = MESSAGES, **config: Any
) -> dict[str, Any]:
    section = LlmConfig(model=model, **config)
    profile = load_profiles().select(base_url, model)
    return build_request(profile, section, ModelInput(messages, TOOLS if tools else [], "CA1")).body


def test_the_default_model_gets_tools_without_reasoning() -> None:
    assert body_of("gpt-6-luna") == {
        "model": "gpt-6-luna",
        "messages": MESSAGES,
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.3,
        "max_completion_tokens": 300,
        "reasoning_effort": "none",
        "user": "CA1",
        "tools": TOOLS,
    }


def test_a_model_without_reasoning_gets_no_effort() -> None:
    assert "reasoning_effort" not in body_of("gpt-4.1-mini", reasoning_effort="low")


def test_a_model_that_reasons_gets_tokens_for_it_and_no_temperature() -> None:
    body = body_of("gpt-5-mini")

    assert body["reasoning_effort"] == "minimal"
    assert body["max_completion_tokens"] > 300
    assert "temperature" not in body


def test_an_effort_of_the_agent_chooses_the_api_that_takes_it() -> None:
    profile = load_profiles().select("", "gpt-6-luna")

    assert plan_request(profile, LlmConfig(reasoning_effort="low"), with_tools=True).api == "responses"
    assert plan_request(profile, LlmConfig(reasoning_effort="low"), with_tools=False).api == "chat"
    assert plan_request(profile, LlmConfig(reasoning_effort="none"), with_tools=True).api == "chat"
    assert plan_request(profile, LlmConfig(api="responses"), with_tools=True).effort == "none"


@pytest.mark.parametrize(
    ("config", "ignored"),
    [
        (LlmConfig(reasoning_effort="low", api="chat"), "llm.reasoning_effort: low (with tools"),
        (LlmConfig(reasoning_effort="minimal"), "llm.reasoning_effort: minimal (the model accepts: none"),
        (LlmConfig(reasoning_effort="low", temperature=0.5), "llm.temperature: 0.5"),
    ],
)
def test_a_setting_that_is_not_sent_is_reported(config: LlmConfig, ignored: str) -> None:
    plan = plan_request(load_profiles().select("", "gpt-6-luna"), config, with_tools=True)

    assert len(plan.ignored) == 1
    assert plan.ignored[0].startswith(ignored)


def test_defaults_that_are_not_sent_are_not_reported() -> None:
    assert not plan_request(load_profiles().select("", "o3"), LlmConfig(model="o3"), with_tools=True).ignored


def test_extra_fields_are_merged_last_and_null_removes() -> None:
    body = body_of(
        "gpt-4.1",
        extra={
            "temperature": 0.9,
            "user": None,
            "stream_options": {"include_usage": True},
            "max_completion_tokens": None,
            "max_tokens": 50,
        },
    )

    assert body["temperature"] == 0.9
    assert body["stream_options"] == {"include_usage": True}
    assert body["max_tokens"] == 50
    assert not {"user", "max_completion_tokens"} & body.keys()


def test_a_request_of_the_responses_api() -> None:
    call = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "book", "arguments": "{}"},
        REASONING_ITEMS: [
            {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "abc", "status": None},
            {"type": "reasoning", "id": "rs_2", "summary": []},
        ],
    }
    messages = [
        *MESSAGES,
        {"role": "assistant", "content": "One moment.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "done"},
        {"role": "system", "content": "Go on."},
    ]

    assert body_of("gpt-6.1-sol", messages=messages) == {
        "model": "gpt-6.1-sol",
        "instructions": "You answer.",
        "input": [
            {"role": "user", "content": "Hello."},
            {"type": "reasoning", "summary": [], "encrypted_content": "abc"},
            {"role": "assistant", "content": "One moment."},
            {"type": "function_call", "call_id": "call_1", "name": "book", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "call_1", "output": "done"},
            {"role": "developer", "content": "Go on."},
        ],
        "stream": True,
        "store": False,
        "max_output_tokens": 2300,
        "reasoning": {"effort": "low"},
        "include": ["reasoning.encrypted_content"],
        "user": "CA1",
        "tools": [
            {
                "type": "function",
                "name": "book",
                "description": "",
                "parameters": {"type": "object"},
                "strict": False,
            }
        ],
    }


def test_encrypted_reasoning_is_not_sent_to_chat_completions() -> None:
    call = {
        "id": "c",
        "type": "function",
        "function": {"name": "book", "arguments": "{}"},
        REASONING_ITEMS: [{"encrypted_content": "abc"}],
    }
    messages = [{"role": "assistant", "content": None, "tool_calls": [call]}]

    assert "abc" not in str(body_of("some-model", base_url="http://127.0.0.1:1/v1", messages=messages))


def test_a_prompt_alone_is_a_valid_response_request() -> None:
    body = body_of("gpt-6.1-sol", messages=MESSAGES[:1], max_tokens=1)

    assert body["input"] == [{"role": "developer", "content": "You answer."}]
    assert body["max_output_tokens"] >= 16


def test_a_choice_against_tools_is_sent_with_them() -> None:
    config = LlmConfig()
    profile = load_profiles().select("", "gpt-6-luna")
    body = build_request(profile, config, ModelInput(MESSAGES, TOOLS, "CA1", "none")).body
    without = build_request(profile, config, ModelInput(MESSAGES, [], "CA1", "none")).body

    assert body["tool_choice"] == "none"
    assert "tool_choice" not in without


def check_items(items: list[dict[str, Any]]) -> None:
    """Each output follows its call."""
    open_calls: list[str] = []
    for item in items:
        if item.get("type") == "function_call":
            open_calls.append(item["call_id"])
        elif item.get("type") == "function_call_output":
            assert item["call_id"] == open_calls.pop(0)
        else:
            assert not open_calls
            assert item["content"]
    assert not open_calls
    assert items


@given(
    history=histories,
    model=st.sampled_from(["gpt-6-luna", "gpt-6.1-sol", "gpt-4.1", "m"]),
    config=st.fixed_dictionaries(
        {},
        optional={
            "api": st.sampled_from(["auto", "chat", "responses"]),
            "reasoning_effort": st.sampled_from(["none", "low", "max", "default"]),
            "temperature": st.sampled_from([None, 0.0, 2.0]),
            "extra": st.dictionaries(st.sampled_from(["user", "seed", "tools"]), st.none()),
        },
    ),
    refused=st.frozensets(st.sampled_from(["user", "temperature", "messages", "model", "stream", "input"])),
)
@settings(max_examples=300)
def test_any_history_and_settings_make_a_request(
    history: list[dict[str, Any]], model: str, config: dict[str, Any], refused: frozenset[str]
) -> None:
    profile = load_profiles().select("", model).model_copy(update={"refused": refused})
    request = build_request(profile, LlmConfig(model=model, **config), ModelInput(history, TOOLS, "CA1"))

    assert request.body["model"] == model
    assert request.body["stream"] is True
    assert not (refused - PROTECTED) & request.body.keys()
    if request.api == "responses" and history:
        check_items(request.body["input"] or [{"content": "instructions only"}])
    if request.body.get("temperature") is not None:
        assert request.body["temperature"] <= profile.max_temperature


def test_keywords_of_schemas_are_left_out_but_not_properties_of_that_name() -> None:
    tool = {
        "type": "function",
        "function": {
            "name": "book",
            "parameters": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "additionalProperties": {"type": "string"},
                    "days": {"type": "array", "items": {"type": "object", "additionalProperties": False}},
                },
            },
        },
    }
    profile = Profile(refused_schema_keys=frozenset({"additionalProperties"}))
    body = build_request(profile, LlmConfig(), ModelInput(MESSAGES, [tool], "CA1")).body

    assert body["tools"][0]["function"]["parameters"] == {
        "type": "object",
        "properties": {
            "additionalProperties": {"type": "string"},
            "days": {"type": "array", "items": {"type": "object"}},
        },
    }


def test_a_server_that_ignores_the_tool_choice_gets_no_tools_when_none_may_be_called() -> None:
    """Ollama calls tools whatever is chosen."""
    given_input = ModelInput(MESSAGES, TOOLS, "CA1", "none")

    def body(base_url: str) -> dict[str, Any]:
        profile = load_profiles().select(base_url, "qwen3")
        return build_request(profile, LlmConfig(model="qwen3"), given_input).body

    assert "tools" not in body("http://127.0.0.1:11434/v1")
    assert body("")["tool_choice"] == "none"


@pytest.mark.parametrize(
    ("model", "base_url", "sent"),
    [
        ("gpt-4.1-mini", "", True),
        ("gpt-4.1-mini", "https://proxy.example/v1", True),
        ("llama3.3", "http://localhost:11434/v1", True),
        ("gemini-2.5-flash", "https://generativelanguage.googleapis.com/v1beta/openai", True),
        ("mistral-small-latest", "https://api.mistral.ai/v1", False),
        ("some-model", "https://unknown.example/v1", False),
    ],
)
def test_usage_is_requested_where_the_server_accepts_it(model: str, base_url: str, *, sent: bool) -> None:
    """Mistral refuses the field and sends the usage unasked; about an unknown server nothing is assumed."""
    assert ("stream_options" in body_of(model, base_url=base_url)) == sent


def test_the_agent_file_can_turn_the_usage_off() -> None:
    assert "stream_options" not in body_of("gpt-4.1-mini", extra={"stream_options": None})
