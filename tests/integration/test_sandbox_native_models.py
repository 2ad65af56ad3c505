"""Refusals of the emulators of Anthropic and Gemini, in each provider's own words."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from sandbox.language_models.app import language_models_app
from sandbox.openai.app import OpenAIEmulator
from sandbox.openai.settings import OpenAISandboxSettings

VERSION = {"anthropic-version": "2023-06-01"}
USER = {"role": "user", "content": "Hi"}
TOOL = {"name": "look", "input_schema": {"type": "object", "properties": {}}}
USE = {"type": "tool_use", "id": "t1", "name": "look", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": "ok"}


def assistant(*blocks: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


def user(*blocks: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks)}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the emulator."""
    emulator = OpenAIEmulator(OpenAISandboxSettings(first_token_ms=0, tokens_per_s=10_000))
    transport = httpx2.ASGITransport(app=language_models_app(emulator))
    async with httpx2.AsyncClient(transport=transport, base_url="http://sandbox") as client:
        yield client


def message_body(*messages: Any, **fields: Any) -> dict[str, Any]:
    return {"model": "claude-haiku-5-5", "max_tokens": 50, "messages": list(messages or [USER]), **fields}


ANTHROPIC: list[tuple[dict[str, Any], str]] = [
    ({"model": "claude-haiku-5-5", "messages": [USER]}, "max_tokens: Field required"),
    (message_body(max_tokens=0), "greater than or equal to 1"),
    (message_body(max_tokens=128_001), "maximum allowed number of output tokens"),
    (message_body(user="CA1"), "user: Extra inputs are not permitted"),
    (message_body(metadata={"call": "CA1"}), "metadata.call: Extra inputs"),
    (message_body(temperature=0.3), "`temperature` may only be set to 1"),
    (message_body(model="claude-haiku-4-5", temperature=1.5), "temperature: range: 0..1"),
    (message_body(thinking={"type": "enabled", "budget_tokens": 1024}), '"thinking.type.enabled" is not'),
    (message_body(model="claude-sonnet-5-5", thinking={"type": "disabled"}), 'send "thinking": {"type": "be'),
    (message_body(model="claude-opus-5-5", thinking={"type": "disabled"}), '"thinking.type.disabled" is not'),
    (message_body(model="claude-haiku-4-5", thinking={"type": "adaptive"}), "adaptive thinking is not"),
    (message_body(model="claude-haiku-4-5", output_config={"effort": "low"}), "effort parameter"),
    (message_body(thinking={"type": "disabled"}, output_config={"effort": "max"}), "is not supported with"),
    (message_body(assistant(text("Hi"))), 'first message must use the "user" role'),
    (message_body(USER, USER), "roles must alternate"),
    (message_body(USER, assistant(text("Hi"))), "does not support assistant message prefill"),
    (
        message_body(USER, assistant(text("Hi ")), model="claude-haiku-4-5"),
        "final assistant content cannot end with trailing whitespace",
    ),
    (message_body(user(text(""))), "text content blocks must be non-empty"),
    (message_body(user(text(" \n"))), "must contain non-whitespace text"),
    (message_body(user()), "non-empty content"),
    (message_body({"role": "system", "content": "x"}), "role: Input should be 'user' or 'assistant'"),
    (message_body(USER, assistant(USE), USER, tools=[TOOL]), "`tool_use` ids were found without"),
    (message_body(USER, assistant(USE), user(text("x"), RESULT), tools=[TOOL]), "ids were found without"),
    (message_body(user(RESULT), tools=[TOOL]), "unexpected `tool_use_id` found"),
    (message_body(USER, assistant(USE, USE), user(RESULT), tools=[TOOL]), "ids must be unique"),
    (message_body(USER, assistant(USE), user(RESULT)), "must define tools"),
    (message_body(USER, assistant({**USE, "id": "a b"}), tools=[TOOL]), "should match pattern"),
    (message_body(USER, assistant({**USE, "input": "{}"}), tools=[TOOL]), "valid dictionary"),
    (message_body(tools=[TOOL, TOOL]), "Tool names must be unique"),
    (message_body(tools=[{**TOOL, "name": "look up"}]), "should match pattern"),
    (message_body(tools=[{"name": "look"}]), "input_schema: Field required"),
    (
        message_body(tools=[{"name": "look", "input_schema": {"type": "object", "anyOf": []}}]),
        "does not support oneOf, allOf, or anyOf",
    ),
    (message_body(tool_choice={"type": "none"}), "only be specified while providing tools"),
    (
        message_body(
            USER, assistant({"type": "thinking", "thinking": "", "signature": "x"}, text("a")), USER
        ),
        "Invalid `signature` in `thinking` block",
    ),
    (
        message_body(system=[{**text("a"), "cache_control": {"type": "ephemeral"}}] * 5),
        "A maximum of 4 blocks with cache_control",
    ),
    (message_body(system=[text(" ")]), "system: text content blocks must contain"),
]


@pytest.mark.parametrize(("body", "expected"), ANTHROPIC, ids=range(len(ANTHROPIC)))
async def test_anthropic_refuses(http: httpx2.AsyncClient, body: dict[str, Any], expected: str) -> None:
    response = await http.post("/anthropic/v1/messages", json=body, headers={"x-api-key": "k", **VERSION})

    error = response.json()["error"]
    assert (response.status_code, error["type"]) == (400, "invalid_request_error"), error
    assert expected in error["message"]
    assert response.headers["request-id"] == response.json()["request_id"]


async def test_anthropic_needs_its_headers_and_a_model_that_exists(http: httpx2.AsyncClient) -> None:
    async def send(headers: dict[str, str], **fields: Any) -> tuple[int, str]:
        response = await http.post("/anthropic/v1/messages", json=message_body(**fields), headers=headers)
        return response.status_code, response.json().get("error", {}).get("type", "")

    assert await send(VERSION) == (401, "authentication_error")
    assert await send({"x-api-key": "bad", **VERSION}) == (401, "authentication_error")
    assert await send({"x-api-key": "k"}) == (400, "invalid_request_error")
    assert await send({"x-api-key": "k", "anthropic-version": "2020-01-01"}) == (400, "invalid_request_error")
    assert await send({"x-api-key": "k", **VERSION}, model="gpt-6-luna") == (404, "not_found_error")
    assert await send({"x-api-key": "k", **VERSION}, model="claude-opus-4-1") == (404, "not_found_error")
    assert await send({"x-api-key": "k", **VERSION}) == (200, "")


async def test_anthropic_lists_its_models(http: httpx2.AsyncClient) -> None:
    headers = {"x-api-key": "k", **VERSION}
    names = [
        model["id"] for model in (await http.get("/anthropic/v1/models", headers=headers)).json()["data"]
    ]

    assert "claude-haiku-5-5" in names
    assert "claude-opus-4-1" not in names
    assert (await http.get("/anthropic/v1/models/claude-haiku-5-5", headers=headers)).status_code == 200
    assert (await http.get("/anthropic/v1/models/claude-opus-4-1", headers=headers)).status_code == 404


def part(words: str, role: str = "user") -> dict[str, Any]:
    return {"role": role, "parts": [{"text": words}]}


CALL = {"functionCall": {"name": "look", "args": {}}, "thoughtSignature": "skip_thought_signature_validator"}
CALLED = {"role": "model", "parts": [CALL]}
RESPONSE = {"functionResponse": {"name": "look", "response": {"ok": True}}}
RESPONDED = {"role": "user", "parts": [RESPONSE]}


def content_body(*contents: Any, **fields: Any) -> dict[str, Any]:
    return {"contents": list(contents or [part("Hi")]), **fields}


def declared(**fields: Any) -> dict[str, Any]:
    function = {"name": "look", "description": "Look.", **fields}
    return content_body(tools=[{"functionDeclarations": [function]}])


def configured(**fields: Any) -> dict[str, Any]:
    return content_body(generationConfig=fields)


GEMINI: list[tuple[dict[str, Any], str]] = [
    ({"contents": []}, "contents is not specified"),
    (content_body(user="CA1"), 'Unknown name "user"'),
    (configured(max_tokens=5), "Unknown name \"max_tokens\" at 'generation_config'"),
    (configured(maxOutputTokens=0), "maxOutputTokens"),
    (configured(temperature=3), "temperature"),
    (configured(thinkingConfig={"thinkingLevel": "none"}), "thinking_level"),
    (configured(thinkingConfig={"thinkingLevel": "low", "thinkingBudget": 0}), "only set only one"),
    (content_body({"role": "assistant", "parts": [{"text": "x"}]}), "Please use a valid role"),
    (content_body(part("Hi", "model"), part("Hi")), "begin with a user turn"),
    (content_body(part("Hi"), part("Hi", "model")), "ends with a user turn"),
    (content_body({"role": "user", "parts": [{"text": ""}]}), "must have one initialized field"),
    (content_body({"role": "user", "parts": []}), "contents.parts must not be empty"),
    (content_body({"role": "user", "parts": [{"thinking": "x"}]}), 'Unknown name "thinking"'),
    (content_body(part("Hi"), RESPONDED), "function response turn comes immediately after"),
    (content_body(part("Hi"), CALLED, part("Hi")), "number of function response parts"),
    (
        content_body(part("Hi"), {"role": "model", "parts": [{"functionCall": {"name": "look"}}]}, RESPONDED),
        "missing a thought_signature",
    ),
    (
        content_body(
            part("Hi"), {"role": "model", "parts": [{**CALL, "thoughtSignature": "eA=="}]}, RESPONDED
        ),
        "Thought signature is not valid",
    ),
    (declared(name="1look"), "Invalid function name"),
    (declared(description=""), "description: must not be empty"),
    (declared(parameters={"type": "OBJECT", "properties": {}}), "should be non-empty for OBJECT type"),
    (declared(parameters={"type": "OBJECT", "additionalProperties": False}), '"additionalProperties"'),
    (declared(parameters={}, parametersJsonSchema={}), "not both"),
    (declared(parametersJsonSchema={"type": "string"}), "must be of type object"),
    (content_body(toolConfig={"functionCallingConfig": {"mode": "NONE"}}), "without function_declarations"),
    (content_body(systemInstruction={"parts": []}), "system_instruction.parts"),
]


@pytest.mark.parametrize(("body", "expected"), GEMINI, ids=range(len(GEMINI)))
async def test_gemini_refuses(http: httpx2.AsyncClient, body: dict[str, Any], expected: str) -> None:
    path = "/gemini/v1beta/models/gemini-3.5-flash-lite:generateContent"
    response = await http.post(path, json=body, headers={"x-goog-api-key": "k"})

    error = response.json()["error"]
    assert (response.status_code, error["status"]) == (400, "INVALID_ARGUMENT"), error
    assert expected in error["message"]


async def test_gemini_needs_a_key_and_a_model_that_exists(http: httpx2.AsyncClient) -> None:
    async def send(model: str, **headers: str) -> tuple[int, str]:
        path = f"/gemini/v1beta/models/{model}:generateContent"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = await http.post(path, json=content_body(), headers=named)
        return response.status_code, response.json().get("error", {}).get("status", "")

    assert await send("gemini-3.5-flash-lite") == (403, "PERMISSION_DENIED")
    assert await send("gemini-3.5-flash-lite", x_goog_api_key="bad") == (400, "INVALID_ARGUMENT")
    assert await send("gemini-2.0-flash", x_goog_api_key="k") == (404, "NOT_FOUND")
    assert await send("gemini-3.5-flash-lite", x_goog_api_key="k") == (200, "")


async def test_gemini_lists_its_models_and_thinks_as_the_model_allows(http: httpx2.AsyncClient) -> None:
    headers = {"x-goog-api-key": "k"}
    listed = (await http.get("/gemini/v1beta/models", headers=headers)).json()["models"]
    path = "/gemini/v1beta/models/{}:streamGenerateContent"
    minimal = configured(thinkingConfig={"thinkingLevel": "minimal"})

    async def send(model: str, body: dict[str, Any]) -> Any:
        return (await http.post(path.format(model), json=body, headers=headers)).json()

    assert "models/gemini-3.8-flash" in [model["name"] for model in listed]
    assert "is not supported for this model" in (await send("gemini-3.8-flash", minimal))["error"]["message"]
    # Without `alt=sse` the answer is a list.
    assert (await send("gemini-3.5-flash-lite", minimal))[0]["candidates"][0]["finishReason"] == "STOP"
