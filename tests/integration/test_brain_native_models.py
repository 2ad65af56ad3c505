"""The providers `anthropic` and `gemini` with their emulators and faults."""

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import pytest
import structlog
from pydantic import SecretStr

from parley.agent_config import LlmConfig
from parley.errors import (
    ProviderError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from parley.providers.conformance import check_llm
from parley.providers.llm import Done, LlmEvent, TextDelta, TokenUsage, ToolCallRequest
from parley.runtime.health import serve
from sandbox.language_models.app import language_models_app
from sandbox.openai.app import OpenAIEmulator
from sandbox.openai.settings import OpenAISandboxSettings
from services.brain.providers.anthropic.provider import open_client as open_anthropic
from services.brain.providers.gemini.provider import open_client as open_gemini
from services.brain.settings import BrainSettings
from tests.eventually import eventually

END_CALL = {"type": "function", "function": {"name": "end_call", "description": "Hang up."}}
MODELS = {"anthropic": "claude-haiku-5-5", "gemini": "gemini-3.5-flash-lite"}
THINKING = {"anthropic": "claude-opus-5-5", "gemini": "gemini-3.8-flash"}
BOTH = pytest.mark.parametrize("provider", ["anthropic", "gemini"])


@dataclass(frozen=True)
class Sandbox:
    """The emulator on a free port."""

    emulator: OpenAIEmulator
    url: str

    def settings(self, key: str = "k") -> BrainSettings:
        """Settings of a brain that uses it."""
        return BrainSettings(
            anthropic_api_key=SecretStr(key),
            anthropic_base_url=f"{self.url}/anthropic",
            gemini_api_key=SecretStr(key),
            gemini_base_url=f"{self.url}/gemini",
            llm_token_timeout_s=0.3,
            llm_tool_call_timeout_s=0.5,
        )

    async def answer(
        self, provider: str, text: str = "hello", key: str = "k", messages: Any = None, **config: Any
    ) -> list[LlmEvent]:
        """The events of one answer."""
        section = LlmConfig(provider=provider, **{"model": MODELS[provider], "timeout_s": 0.5, **config})
        messages = messages or [{"role": "user", "content": text}]
        async with OPEN[provider](self.settings(key)) as client:
            stream = client.stream(section, messages, [END_CALL], call_sid="CA1")
            return [event async for event in stream]


OPEN = {"anthropic": open_anthropic, "gemini": open_gemini}


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A fast emulator."""
    emulator = OpenAIEmulator(OpenAISandboxSettings(first_token_ms=5, tokens_per_s=1000))
    async with serve(language_models_app(emulator), "127.0.0.1", 0) as port:
        yield Sandbox(emulator, f"http://127.0.0.1:{port}")


@BOTH
async def test_the_provider_keeps_its_protocol(sandbox: Sandbox, provider: str) -> None:
    async with OPEN[provider](sandbox.settings()) as client:
        await check_llm(client, LlmConfig(provider=provider, model=MODELS[provider]))


@BOTH
async def test_text_is_followed_by_tool_calls_and_the_end(sandbox: Sandbox, provider: str) -> None:
    *deltas, tool_call, usage, done = await sandbox.answer(provider, "goodbye")

    assert "".join(d.text for d in deltas if isinstance(d, TextDelta)).startswith("You are welcome.")
    assert isinstance(tool_call, ToolCallRequest)
    assert (tool_call.name, tool_call.arguments) == ("end_call", "{}")
    assert isinstance(usage, TokenUsage)
    assert usage.output > 0
    assert done == Done("tool_calls")


@BOTH
@pytest.mark.parametrize("model", ["lowest", "thinks"])
async def test_a_tools_result_is_answered(sandbox: Sandbox, provider: str, model: str) -> None:
    """Fields that the provider requires back, such as signatures, are returned with the call."""
    name = (MODELS if model == "lowest" else THINKING)[provider]
    first = await sandbox.answer(provider, "goodbye", model=name)

    events = await sandbox.answer(provider, messages=_with_result(first, "goodbye"), model=name)

    assert isinstance(events[-1], Done)
    assert any(isinstance(event, TextDelta) for event in events)
    usage = next(event for event in events if isinstance(event, TokenUsage))
    assert (usage.reasoning > 0) == (model == "thinks")


@pytest.mark.parametrize("provider", ["anthropic"])
async def test_thinking_of_another_conversation_is_left_out(sandbox: Sandbox, provider: str) -> None:
    """The instruction for the first answer is not in the second request, so that its thinking is refused."""
    first = await sandbox.answer(provider, "goodbye", model=THINKING[provider])
    messages = [{"role": "user", "content": "goodbye then"}, *_with_result(first, "goodbye")[1:]]
    with structlog.testing.capture_logs() as logs:
        events = await sandbox.answer(provider, messages=messages, model=THINKING[provider])

    assert isinstance(events[-1], Done)
    assert [entry["refused"] for entry in logs] == ["thinking of earlier answers"]


async def test_a_signature_that_is_not_valid_is_left_out(sandbox: Sandbox) -> None:
    first = await sandbox.answer("gemini", "goodbye")
    messages = _with_result(first, "goodbye")
    messages[1]["tool_calls"][0]["gemini"]["thoughtSignature"] = "bm90IGl0cyBvd24="

    assert isinstance((await sandbox.answer("gemini", messages=messages))[-1], Done)


FAULTS: list[tuple[Mapping[str, Any], type[ProviderError], str]] = [
    ({"llm_refuse": 401}, ProviderRejected, "check "),
    ({"llm_refuse": 400}, ProviderRejected, "400"),
    ({"llm_refuse": 403}, ProviderRejected, "may not use"),
    ({"llm_refuse": 404}, ProviderRejected, "404"),
    ({"llm_refuse": 413}, ProviderUnavailable, "shorten"),
    ({"llm_refuse": 429}, ProviderRateLimited, "429"),
    ({"llm_refuse": 500}, ProviderUnavailable, "500"),
    ({"llm_refuse": 503}, ProviderUnavailable, "503"),
    ({"llm_refuse": 504}, ProviderTimeout, "504"),
    ({"llm_refuse": 529}, ProviderUnavailable, "529"),
    ({"llm_refuse": 302}, ProviderUnavailable, "redirect"),
    ({"llm_fault": "insufficient_quota"}, ProviderRejected, "no credit left"),
    ({"llm_fault": "overloaded"}, ProviderUnavailable, "verloaded"),
    ({"llm_fault": "context_length"}, ProviderUnavailable, "longer context"),
    ({"llm_fault": "prompt_filtered"}, ProviderUnavailable, "filter refused this conversation"),
    ({"llm_fault": "html_502"}, ProviderUnavailable, "502"),
    ({"llm_fault": "empty_200"}, ProviderUnavailable, "ended without"),
    ({"llm_fault": "error_200"}, ProviderUnavailable, "error within the stream"),
    ({"llm_fault": "error_mid"}, ProviderUnavailable, "verloaded"),
    ({"llm_fault": "hang"}, ProviderTimeout, "no response within"),
    ({"llm_fault": "hang_mid"}, ProviderTimeout, "no token within"),
    ({"llm_fault": "reasoning_forever"}, ProviderTimeout, "no content within"),
    ({"llm_fault": "close_mid"}, ProviderUnavailable, "connection"),
    ({"llm_fault": "garbage"}, ProviderUnavailable, "invalid JSON"),
    ({"llm_fault": "no_finish"}, ProviderUnavailable, "ended without"),
]


@BOTH
async def test_each_fault_raises_its_error(sandbox: Sandbox, provider: str) -> None:
    """The error type, which decides on retries, matches the fault, and the text has the remedy."""
    plain = OpenAISandboxSettings(first_token_ms=5, tokens_per_s=1000).model_dump()
    for fault, expected, text in FAULTS:
        sandbox.emulator.runtime_settings.update({**plain, **fault})
        timeout_s = 1.0 if fault.get("llm_fault") in ("hang", "reasoning_forever") else 10.0
        with pytest.raises(expected, match=text) as raised:
            await sandbox.answer(provider, timeout_s=timeout_s)
        assert raised.value.provider == provider
        assert type(raised.value) is expected, (fault, raised.value)


@BOTH
@pytest.mark.parametrize(
    ("fault", "reason"),
    [("length_mid", "length"), ("content_filter", "content_filter"), ("not_streamed", "stop")],
)
async def test_the_finish_reason_is_the_common_one(
    sandbox: Sandbox, provider: str, fault: str, reason: str
) -> None:
    sandbox.emulator.runtime_settings.update({"llm_fault": fault})

    assert (await sandbox.answer(provider))[-1] == Done(reason)


@BOTH
@pytest.mark.parametrize(
    "fault", ["wrong_types", "invalid_utf8", "lone_surrogate", "one_byte_writes", "crlf"]
)
async def test_oddities_within_a_stream_are_survived(sandbox: Sandbox, provider: str, fault: str) -> None:
    sandbox.emulator.runtime_settings.update({"llm_fault": fault})
    events = await sandbox.answer(provider)

    "".join(event.text for event in events if isinstance(event, TextDelta)).encode()
    assert events[-1] == Done("stop")


@BOTH
async def test_a_wrong_key_and_a_missing_one_name_the_variable(sandbox: Sandbox, provider: str) -> None:
    variable = f"{provider.upper()}_API_KEY"
    with pytest.raises(ProviderRejected, match=variable):
        await sandbox.answer(provider, key="bad")
    async with OPEN[provider](BrainSettings()) as client:
        section = LlmConfig(provider=provider, model=MODELS[provider])
        with pytest.raises(ProviderRejected, match=f"no API key: set {variable}"):
            await anext(client.stream(section, [{"role": "user", "content": "Hi"}], [], call_sid="CA1"))


@pytest.mark.parametrize(
    ("provider", "model", "text"),
    [
        ("anthropic", "claude-opus-4-1", "claude-opus-4-1 ended on 2026-08-05"),
        ("anthropic", "claude-nonsense", "set llm.model"),
        ("gemini", "gemini-2.0-flash", "gemini-2.0-flash ended on 2026-06-01"),
        ("gemini", "gemini-nonsense", "set llm.model"),
    ],
)
async def test_an_ended_or_unknown_model_is_explained(
    sandbox: Sandbox, provider: str, model: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The table is of the provider's own server.
    monkeypatch.setattr("parley.providers.end_dates._is_own_server", lambda *_: True)
    with pytest.raises(ProviderRejected, match=text):
        await sandbox.answer(provider, model=model)


@BOTH
async def test_an_unreachable_server_is_unavailable(provider: str) -> None:
    with pytest.raises(ProviderUnavailable):
        await Sandbox(OpenAIEmulator(OpenAISandboxSettings()), "http://127.0.0.1:1").answer(provider)


@BOTH
async def test_a_stopped_answer_closes_its_stream(sandbox: Sandbox, provider: str) -> None:
    """The provider stops generating when the caller interrupts."""
    sandbox.emulator.runtime_settings.update({"tokens_per_s": 5})
    section = LlmConfig(provider=provider, model=MODELS[provider])
    messages = [{"role": "user", "content": "hello"}]
    async with OPEN[provider](sandbox.settings()) as client:
        async with aclosing(client.stream(section, messages, [], call_sid="CA1")) as stream:
            await anext(stream)
        await eventually(lambda: _kinds(sandbox)[-1] == "cancelled")


@BOTH
async def test_a_request_uses_the_connection_of_the_warm_up(sandbox: Sandbox, provider: str) -> None:
    """A second warm-up within 20 s does nothing, and a complete answer leaves its connection usable."""
    ports: list[int] = []
    app = language_models_app(sandbox.emulator)

    async def recording_app(scope: Any, receive: Any, send: Any) -> None:
        ports.append(scope["client"][1])
        await app(scope, receive, send)

    async with serve(recording_app, "127.0.0.1", 0) as port:
        recorded = Sandbox(sandbox.emulator, f"http://127.0.0.1:{port}")
        async with OPEN[provider](recorded.settings()) as client:
            section = LlmConfig(provider=provider, model=MODELS[provider])
            await client.warm_up()
            for _ in range(2):
                stream = client.stream(section, [{"role": "user", "content": "hello"}], [], call_sid="CA1")
                assert [event async for event in stream][-1] == Done("stop")
            await client.warm_up()

    assert len(ports) == 3
    assert len(set(ports)) == 1


@BOTH
async def test_what_an_earlier_request_had_is_read_from_the_cache(sandbox: Sandbox, provider: str) -> None:
    messages = [
        {"role": "system", "content": "You answer the telephone of a clinic. " * 200},
        {"role": "assistant", "content": "Welcome."},
        {"role": "user", "content": "hello"},
    ]
    used = []
    for _ in range(2):
        events = await sandbox.answer(provider, messages=messages)
        used.append(next(event for event in events if isinstance(event, TokenUsage)))

    assert used[0].cached_input == 0
    assert used[1].cached_input > 0.9 * used[1].input
    assert used[0].input == used[1].input


def _with_result(events: list[LlmEvent], text: str) -> list[dict[str, Any]]:
    """The history after the events: the call with its other fields, and its result."""
    call = next(event for event in events if isinstance(event, ToolCallRequest))
    function = {"name": call.name, "arguments": call.arguments}
    return [
        {"role": "user", "content": text},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{**call.extra, "id": "turn1-a", "type": "function", "function": function}],
        },
        {"role": "tool", "tool_call_id": "turn1-a", "content": '{"ok": true}'},
    ]


def _kinds(sandbox: Sandbox) -> list[str]:
    return [entry["kind"] for entry in sandbox.emulator.journal.since(0)]
