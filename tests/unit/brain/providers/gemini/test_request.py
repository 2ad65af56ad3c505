"""Requests of the Gemini API: any history is accepted by the strict emulator, with every model."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.agent_config import LlmConfig
from sandbox.gemini.contents import content_errors
from sandbox.gemini.fields import body_errors
from sandbox.gemini.models import find_model, models
from services.brain.providers.gemini.contents import NO_SIGNATURE
from services.brain.providers.gemini.request import build_request
from services.brain.providers.streams.http_api import HttpRequest
from services.brain.providers.streams.model_input import ModelInput
from services.brain.providers.streams.servers import Server
from tests.unit.brain.providers.histories import TOOLS, histories

SERVER = Server("https://generativelanguage.googleapis.com/v1beta", "k", "GEMINI_API_KEY", True)
NAMES = [model.names[0] for model in models() if model.names[0] != "gemini-3-pro-preview"]
REFUSED = [frozenset[str](), frozenset({"parametersJsonSchema", "systemInstruction"})]
USER = [{"role": "user", "content": "Hello"}]


def request_of(
    messages: Any = USER, refused: frozenset[str] = frozenset(), tools: Any = (), **config: Any
) -> HttpRequest:
    settings = LlmConfig(provider="gemini", **{"model": "gemini-3.5-flash-lite", **config})
    return build_request(SERVER, settings, ModelInput(messages, tools, "CA1"), refused)


def body_of(*args: Any, **config: Any) -> dict[str, Any]:
    return request_of(*args, **config).body


def check(body: dict[str, Any], name: str) -> None:
    """Raise for the first reason of the emulator to refuse the body."""
    body = json.loads(json.dumps(body))
    model = find_model(name)
    assert model is not None
    for errors in (body_errors(body, model), content_errors(body, model)):
        assert (error := next(errors, None)) is None, error


def with_call(extra: dict[str, Any]) -> list[dict[str, Any]]:
    function = {"name": "book", "arguments": '{"day": 1}'}
    call = {"id": "turn1-a", "type": "function", "function": function, **extra}
    result = {"role": "tool", "tool_call_id": "turn1-a", "content": "booked"}
    return [*USER, {"role": "assistant", "content": None, "tool_calls": [call]}, result]


@settings(max_examples=60)
@given(name=st.sampled_from(NAMES), refused=st.sampled_from(REFUSED), history=histories)
def test_any_history_is_accepted(name: str, refused: frozenset[str], history: list[dict[str, Any]]) -> None:
    before = json.dumps(history)
    check(body_of(history, refused | {"signatures"}, tools=TOOLS, model=name), name)

    assert json.dumps(history) == before


@pytest.mark.parametrize("effort", ["none", "minimal", "low", "medium", "high", "max"])
@pytest.mark.parametrize("name", NAMES)
def test_every_effort_is_sent_as_the_model_accepts_it(name: str, effort: str) -> None:
    check(body_of(model=name, reasoning_effort=effort, tools=TOOLS), name)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gemini-3.5-flash-lite", {"thinkingLevel": "minimal"}),
        ("gemini-3.8-flash", {"thinkingLevel": "low"}),
        ("gemini-2.5-flash-lite", {"thinkingBudget": 0}),
        ("gemini-2.5-pro", {"thinkingBudget": 128}),
        ("gemini-9-flash", {"thinkingLevel": "low"}),
        ("some-other-model", None),
    ],
)
def test_the_model_thinks_as_little_as_it_can(model: str, expected: dict[str, Any] | None) -> None:
    assert body_of(model=model)["generationConfig"].get("thinkingConfig") == expected


def test_a_refused_level_is_followed_by_the_next() -> None:
    config = body_of(refused=frozenset({"thinking=minimal"}))["generationConfig"]

    assert config["thinkingConfig"] == {"thinkingLevel": "low"}


def test_a_call_is_returned_with_its_signature_and_id() -> None:
    call, result = body_of(with_call({"gemini": {"thoughtSignature": "c2ln", "id": "x1"}}))["contents"][1:]

    assert call["parts"] == [
        {"functionCall": {"name": "book", "args": {"day": 1}, "id": "x1"}, "thoughtSignature": "c2ln"}
    ]
    response = {"name": "book", "response": {"result": "booked"}, "id": "x1"}
    assert result["parts"] == [{"functionResponse": response}]


def test_a_call_of_another_model_is_marked_as_unsigned_where_signatures_are_needed() -> None:
    other = with_call({})

    assert body_of(other)["contents"][1]["parts"][0]["thoughtSignature"] == NO_SIGNATURE
    assert "thoughtSignature" not in str(body_of(other, model="gemini-2.5-flash-lite"))
    refused = body_of(with_call({"gemini": {"thoughtSignature": "c2ln"}}), frozenset({"signatures"}))
    assert refused["contents"][1]["parts"][0]["thoughtSignature"] == NO_SIGNATURE


def test_a_temperature_is_sent_only_if_the_agent_file_has_one() -> None:
    assert "temperature" not in body_of()["generationConfig"]
    assert body_of(temperature=0.5)["generationConfig"]["temperature"] == 0.5


def test_the_model_is_part_of_the_path() -> None:
    path = "/models/gemini-3.5-flash-lite:streamGenerateContent?alt=sse"

    assert request_of().path == request_of(model="models/gemini-3.5-flash-lite").path == path
    assert request_of(model="tunedModels/a b").path.startswith("/tunedModels/a%20b:")
