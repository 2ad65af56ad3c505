"""Field tests of model requests: rows V1, V5, M5 and M6, against a strict server on loopback."""

import functools
import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from starlette.responses import RedirectResponse, Response
from structlog.testing import capture_logs

from parley.agent_config import LlmConfig
from parley.errors import ProviderError, ProviderRejected, ProviderUnavailable
from parley.providers.llm import LlmEvent, TextDelta, ToolCallRequest
from parley.runtime.health import serve
from sandbox.openai.app import OpenAIEmulator
from sandbox.openai.settings import OpenAISandboxSettings
from services.brain.providers.openai.client import OpenAIClient
from services.brain.providers.openai.provider import open_client
from services.brain.settings import BrainSettings
from tests.field.rows import Seen, row
from tests.field.strict_llm import (
    Rule,
    StrictServer,
    alternating_roles,
    gpt_6,
    only_fields,
    openai_error,
    system_first,
)

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "book_visit",
            "description": "Books a visit.",
            "parameters": {"type": "object", "properties": {"day": {"type": "string"}}},
        },
    }
]
CALL = {
    "id": "call_0fypS1hVXkT2",
    "type": "function",
    "function": {"name": "book_visit", "arguments": '{"day": "Monday"}'},
}
HISTORY: list[dict[str, Any]] = [
    {"role": "system", "content": "You answer the phone of a clinic."},
    {"role": "assistant", "content": "Welcome to the clinic."},
    {"role": "user", "content": "A visit on Monday, please."},
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "call_0fypS1hVXkT2", "content": "booked"},
    {"role": "user", "content": "Thank you."},
    {"role": "assistant", "content": "You are —"},
    {"role": "system", "content": "Go on from the next word."},
]
KEY = "sk-proj-secret-0123456789abcdef"


def settings(base_url: str) -> BrainSettings:
    return BrainSettings(openai_api_key=KEY, openai_base_url=base_url)  # type: ignore[arg-type]


async def request_answer(
    client: OpenAIClient,
    config: LlmConfig,
    messages: Sequence[dict[str, Any]] = HISTORY,
    tools: Sequence[dict[str, Any]] = TOOLS,
) -> list[LlmEvent]:
    return [event async for event in client.stream(config, messages, tools, call_sid="CA1")]


def text_of(events: Sequence[LlmEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


@row("V1", "a model that reasons by default, with tools", "the first request is accepted")
@pytest.mark.parametrize(
    "model",
    [
        "gpt-6-luna",
        "gpt-6-sol",
        "gpt-6-luna-2026-08-01",
        "openai/gpt-6-luna",
        "gpt-5.6-luna",
        "gpt-5.4-mini",
        "gpt-6-astra",
        "gpt-6.1-sol",
        "gpt-6.2-sol",
    ],
)
async def test_a_reasoning_model_accepts_the_first_request(model: str, seen: Seen) -> None:
    needs_responses = "astra" in model or "6.1" in model or "6.2" in model
    async with StrictServer(functools.partial(gpt_6, needs_responses=needs_responses)).running() as server:
        async with open_client(settings(server.base_url)) as client:
            events = await request_answer(client, LlmConfig(model=model))

    api, body = server.received[-1]
    effort = body.get("reasoning_effort") or body.get("reasoning")
    seen(f"{len(server.received)} request, {api}, effort {effort}, answer {text_of(events)!r}")
    assert server.refused == 0
    assert text_of(events) == "Hello."
    assert api == ("responses" if needs_responses else "chat")


@row("V1", "a model without a profile that refuses as gpt-6 does", "corrected once, remembered, logged")
@pytest.mark.parametrize(
    ("needs_responses", "effort", "api"),
    [(False, None, "chat"), (False, "high", "responses"), (True, None, "responses")],
)
async def test_requests_of_an_unknown_model_are_corrected(
    needs_responses: bool, effort: str | None, api: str, seen: Seen
) -> None:
    rule = functools.partial(gpt_6, needs_responses=needs_responses)
    config = LlmConfig(model="frontier-1", reasoning_effort=effort)
    async with StrictServer(rule).running() as server, open_client(settings(server.base_url)) as client:
        with capture_logs() as logs:
            first = await request_answer(client, config)
            requests = len(server.received)
            second = await request_answer(client, config)

    adapted = [entry for entry in logs if entry["event"] == "llm_request_adapted"]
    seen(f"{requests} requests, then {len(server.received) - requests}; logged: {adapted[0]['agent_file']}")
    assert text_of(first) == text_of(second) == "Hello."
    assert requests <= 3
    assert len(server.received) == requests + 1
    assert server.received[-1][0] == api
    assert len(adapted) == requests - 1


@row("V1", "the agent file sets llm.temperature: null, reasoning_effort and extra", "sent as written")
async def test_settings_of_the_agent_file_reach_the_request(seen: Seen) -> None:
    config = LlmConfig(
        model="gpt-4.1",
        temperature=None,
        reasoning_effort=None,
        extra={"user": None, "service_tier": "priority", "metadata": {"a": "b"}},
    )
    async with StrictServer().running() as server, open_client(settings(server.base_url)) as client:
        await request_answer(client, config)

    seen(sorted(server.last))
    assert not {"temperature", "user", "reasoning_effort"} & server.last.keys()
    assert server.last["service_tier"] == "priority"
    assert server.last["metadata"] == {"a": "b"}


@row("V1", "a refusal within the answer, after the status 200", "corrected once")
async def test_a_refusal_within_the_answer_is_corrected(seen: Seen) -> None:
    def refuse(_api: str, body: dict[str, Any]) -> tuple[int, Any] | None:
        if "temperature" not in body:
            return None
        error = json.dumps(openai_error("This model does not support temperature.", "temperature"))
        return 200, Response(f"data: {error}\n\n", media_type="text/event-stream")

    async with StrictServer(refuse).running() as server, open_client(settings(server.base_url)) as client:
        events = await request_answer(client, LlmConfig(model="some-model"))

    seen(f"{len(server.received)} requests, answer {text_of(events)!r}")
    assert text_of(events) == "Hello."
    assert len(server.received) == 2


@row("V5", "a web page instead of an answer, redirects without end, empty bodies", "a failure that says why")
@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (Response("<html><title>Sign in</title></html>", media_type="text/html"), "check the base URL"),
        (RedirectResponse("/v1/chat/completions", 307), "redirects without end"),
        (Response(status_code=304), "check the base URL"),
        (Response(b"", media_type="text/event-stream"), "finish reason"),
        (Response(b"not compressed", headers={"content-encoding": "gzip"}), "DecodingError"),
    ],
    ids=["page", "redirect", "not modified", "empty", "encoding"],
)
async def test_what_is_no_answer_is_a_failure(response: Response, reason: str, seen: Seen) -> None:
    found = await failure(lambda _api, _body: (200, response))

    seen(found)
    assert reason in found


@row("V1", "a server that refuses every request and names every field", "at most three requests")
async def test_corrections_end(seen: Seen) -> None:
    def refuse(_api: str, body: dict[str, Any]) -> tuple[int, Any]:
        names = ", ".join(f"'{name}'" for name in body)
        return 400, openai_error(f"Unsupported parameters: {names}")

    async with StrictServer(refuse).running() as server, open_client(settings(server.base_url)) as client:
        for _ in range(3):
            with pytest.raises(ProviderRejected):
                await request_answer(client, LlmConfig())
        bodies = [body for _, body in server.received]

    seen(f"{len(bodies)} requests for 3 answers")
    assert len(bodies) <= 5
    for body in bodies:
        assert {"model", "stream", "messages"} <= body.keys() or {"model", "stream", "input"} <= body.keys()


@row(
    "V1", "a server that names one of four refused fields at a time", "three requests, then the next attempt"
)
async def test_corrections_of_one_answer_are_bounded(seen: Seen) -> None:
    def refuse(_api: str, body: dict[str, Any]) -> tuple[int, Any] | None:
        for name in ("service_tier", "seed", "top_p", "metadata"):
            if name in body:
                return 400, openai_error(f"Unsupported parameter: '{name}'", name)
        return None

    extra = {"service_tier": "auto", "seed": 1, "top_p": 1, "metadata": {}}
    config = LlmConfig(model="m", extra=extra)
    async with StrictServer(refuse).running() as server, open_client(settings(server.base_url)) as client:
        with pytest.raises(ProviderUnavailable, match="top_p"):
            await request_answer(client, config)
        first = len(server.received)
        events = await request_answer(client, config)

    seen(f"{first} requests, then {len(server.received) - first}")
    assert first == 3
    assert len(server.received) == 5
    assert text_of(events) == "Hello."


@row("V5", "a refusal with param, message and a null code", "logged with status, param and message")
async def test_a_refusal_is_described(seen: Seen) -> None:
    def refuse(_api: str, _body: dict[str, Any]) -> tuple[int, Any]:
        return 400, openai_error("Invalid 'model': this model is only for batches.", "model")

    reason = await failure(refuse)

    seen(reason)
    assert reason.startswith("400 invalid_request_error param model: Invalid 'model': this model is only")


@row("V5", "refusals of keys, credit, models and addresses", "the reason says what to do")
@pytest.mark.parametrize(
    ("status", "body", "remedy"),
    [
        (401, openai_error(f"Incorrect API key provided: {KEY[:12]}******cdef."), "check OPENAI_API_KEY"),
        (403, openai_error("Country, region, or territory not supported"), "region"),
        (402, {"error": {"message": "Insufficient credits", "code": 402}}, "add credit"),
        (429, openai_error("You exceeded your current quota", None, "insufficient_quota"), "add credit"),
        (404, openai_error("The model `x` does not exist", None, "model_not_found"), "set llm.model"),
        (404, {"detail": "Not Found"}, "check the base URL"),
        (400, openai_error("maximum context length is 8192 tokens", "messages"), "shorten the prompt"),
    ],
)
async def test_a_refusal_names_the_remedy(status: int, body: Any, remedy: str, seen: Seen) -> None:
    reason = await failure(lambda _api, _body: (status, body))

    seen(reason)
    assert remedy in reason
    assert KEY[:12] not in reason


@row("V5", "an ended model", "the reason names its replacement")
async def test_an_ended_model_is_named(seen: Seen) -> None:
    config = LlmConfig(model="gpt-4.1-nano", options={"base_url": "http://127.0.0.1:1/v1"})
    error = openai_error("The model `gpt-4.1-nano` does not exist", None, "model_not_found")
    reason = await failure(lambda _api, _body: (404, error), config.model_copy(update={"options": {}}))

    seen(reason)
    assert "set llm.model" in reason


@row("V5", "a message that quotes the conversation, a number, the key", "none of them is logged")
@pytest.mark.parametrize(
    "message",
    [
        "Invalid content: 'A visit on Monday, please.'",
        "Could not parse: You answer the phone of a cli",
        'arguments {"day": "Monday"} are invalid',
        "caller +1 (555) 010-0123 is blocked",
        f"wrong key {KEY}",
        f"wrong key {KEY[:14]}",
        "Authorization: Bearer abc.def-secret",
    ],
)
async def test_no_private_text_is_logged(message: str, seen: Seen) -> None:
    with capture_logs() as logs:
        reason = await failure(lambda _api, _body: (400, openai_error(message)))

    seen(reason)
    for private in ("visit on Monday", "the phone of", '"day"', "010", "sk-proj", "secret"):
        assert private not in reason + str(logs)


async def failure(rule: Rule, config: LlmConfig | None = None) -> str:
    """The reason of the error that a request ends with."""
    async with StrictServer(rule).running() as server, open_client(settings(server.base_url)) as client:
        with pytest.raises(ProviderError) as caught:
            await request_answer(client, config or LlmConfig())
    return caught.value.reason


MISTRAL = ("model", "messages", "stream", "max_tokens", "temperature", "tools", "tool_choice")


@row("M5", "a server that refuses fields, a second system message or roles", "accepted after a correction")
@pytest.mark.parametrize(
    ("rules", "model"),
    [
        ((only_fields(*MISTRAL),), "gpt-4.1"),
        ((only_fields(*MISTRAL), alternating_roles), "gpt-4.1"),
        ((alternating_roles,), "llama-3"),
        ((system_first,), "gpt-4.1"),
        ((system_first, alternating_roles), "gpt-6-luna"),
    ],
    ids=["fields", "fields and roles", "roles", "system", "system and roles"],
)
async def test_a_strict_server_gets_corrected_requests(
    rules: tuple[Rule, ...], model: str, seen: Seen
) -> None:
    async with StrictServer(*rules).running() as server, open_client(settings(server.base_url)) as client:
        events = await request_answer(client, LlmConfig(model=model))
        requests = len(server.received)
        await request_answer(client, LlmConfig(model=model))

    seen(f"{requests} requests, then {len(server.received) - requests}")
    assert text_of(events) == "Hello."
    assert requests <= 3
    assert len(server.received) == requests + 1


@row("M5", "a server with a profile, by name in the agent file", "accepted without a correction")
@pytest.mark.parametrize(
    ("rules", "config"),
    [
        (
            (only_fields(*MISTRAL), alternating_roles),
            LlmConfig(model="my-model", profile="mistral"),
        ),
        ((alternating_roles, system_first), LlmConfig(model="gemma3:4b")),
        ((alternating_roles, system_first), LlmConfig(model="mistralai/Mistral-7B-Instruct-v0.3")),
        ((system_first,), LlmConfig(model="Qwen/Qwen3.5-27B")),
    ],
    ids=["mistral", "gemma", "mistral on vLLM", "qwen"],
)
async def test_a_server_with_a_profile_accepts_the_first_request(
    rules: tuple[Rule, ...], config: LlmConfig, seen: Seen
) -> None:
    async with StrictServer(*rules).running() as server, open_client(settings(server.base_url)) as client:
        events = await request_answer(client, config)

    seen(f"{len(server.received)} request, {server.refused} refused")
    assert text_of(events) == "Hello."
    assert server.refused == 0


@row("M5", "fallbacks on other servers", "each gets its own key, and no other")
async def test_a_key_is_sent_to_its_own_server_only(monkeypatch: pytest.MonkeyPatch, seen: Seen) -> None:
    monkeypatch.setenv("OTHER_KEY", "other-secret")
    keys: list[str] = []
    config = LlmConfig(
        model="m",
        options={"base_url": "http://127.0.0.1:9/v1", "api_key_env": "OTHER_KEY"},
        fallbacks=({"model": "n", "options": {"base_url": "http://127.0.0.1:8/v1"}},),
    )
    async with open_client(settings("http://127.0.0.1:7/v1")) as client:
        for section in (*config.chain, LlmConfig()):
            keys.append(client.servers.find(section).client.api_key)

    seen(["own key", "no key", "OPENAI_API_KEY"])
    assert keys == ["other-secret", "missing", KEY]


@row("M6", "a tool call with extra_content", "sent back with the next request")
async def test_a_signature_is_sent_back(seen: Seen) -> None:
    extra = {"extra_content": {"google": {"thought_signature": "c2lnbmF0dXJl"}}}
    history = [*HISTORY[:3], {**HISTORY[3], "tool_calls": [{**CALL, **extra}]}, *HISTORY[4:]]

    def needs_signature(_api: str, body: dict[str, Any]) -> tuple[int, Any] | None:
        calls = [call for message in body["messages"] for call in message.get("tool_calls", ())]
        if all("extra_content" in call for call in calls):
            return None
        message = "Function call is missing a thought_signature in functionCall parts."
        return 400, [{"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}}]

    async with StrictServer(needs_signature).running() as server:
        async with open_client(settings(server.base_url)) as client:
            for model in ("gemini-3-flash", "some-model", "gpt-4.1"):
                await request_answer(client, LlmConfig(model=model), history)
                calls = [c for m in server.last["messages"] for c in m.get("tool_calls", ())]
                assert calls[0].items() >= extra.items()
            assert server.refused == 0
            # A call of another model, as after a fallback.
            await request_answer(client, LlmConfig(model="gemini-3-flash"), HISTORY)
            assert server.refused == 0
            events = await request_answer(client, LlmConfig(model="some-model"), HISTORY)

    seen(f"returned unchanged; without one a placeholder, {server.refused} refused")
    assert text_of(events) == "Hello."


SANDBOX_SERVERS = {
    "openai": "/v1",
    "azure": "/azure/openai/v1",
    "mistral": "/mistral/v1",
    "gemini": "/gemini/v1beta/openai",
    "vllm": "/vllm/v1",
    "vllm-old": "/vllm-old/v1",
    "ollama": "/ollama/v1",
    "groq": "/groq/openai/v1",
    "openrouter": "/openrouter/api/v1",
}


@row(
    "M5", "the sandbox's strict servers, unrecognized by their address", "answered, then without corrections"
)
@pytest.mark.parametrize("path", SANDBOX_SERVERS.values(), ids=SANDBOX_SERVERS)
@pytest.mark.parametrize("model", ["sandbox-clinic", "gpt-6-luna"])
async def test_the_strict_servers_of_the_sandbox_answer(path: str, model: str, seen: Seen) -> None:
    requests: list[str] = []
    emulator = OpenAIEmulator(OpenAISandboxSettings(first_token_ms=1, tokens_per_s=5000))
    app = emulator.app()

    async def counting(scope: Any, receive: Any, send: Any) -> None:
        requests.append(scope["path"])
        await app(scope, receive, send)

    async with serve(counting, "127.0.0.1", 0) as port:
        async with open_client(settings(f"http://127.0.0.1:{port}{path}")) as client:
            events = await request_answer(client, LlmConfig(model=model))
            first = len(requests)
            await request_answer(client, LlmConfig(model=model))

    seen(f"{first} requests, then {len(requests) - first}")
    assert text_of(events) or any(isinstance(event, ToolCallRequest) for event in events)
    assert first <= 3
    assert len(requests) == first + 1


@row("V1", "the sandbox's models of OpenAI, with tools", "the first request is accepted")
@pytest.mark.parametrize(
    "model",
    [
        "gpt-4.1",
        "gpt-5-mini",
        "o3",
        "gpt-5.1",
        "gpt-5.4",
        "gpt-5.6-luna",
        "gpt-6-luna",
        "gpt-6-astra",
        "gpt-6.1-sol",
    ],
)
@pytest.mark.parametrize("effort", [None, "low"])
async def test_the_sandbox_accepts_the_first_request(model: str, effort: str | None, seen: Seen) -> None:
    emulator = OpenAIEmulator(
        OpenAISandboxSettings(first_token_ms=1, tokens_per_s=5000, llm_date=date(2026, 11, 28))
    )
    async with serve(emulator.app(), "127.0.0.1", 0) as port:
        async with open_client(settings(f"http://127.0.0.1:{port}/v1")) as client:
            with capture_logs() as logs:
                events = await request_answer(client, LlmConfig(model=model, reasoning_effort=effort))

    seen(f"{len(events)} events, corrections {sum(e['event'] == 'llm_request_adapted' for e in logs)}")
    assert not [entry for entry in logs if entry["event"] == "llm_request_adapted"]
