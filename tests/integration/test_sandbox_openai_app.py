"""The OpenAI emulator's faults, errors and pacing, seen through OpenAI's SDK."""

import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import openai
import pytest
from openai import AsyncOpenAI

from parley.runtime.health import serve
from sandbox.openai.app import OpenAIEmulator
from sandbox.openai.settings import OpenAISandboxSettings
from tests.eventually import eventually

MESSAGES: list[Any] = [{"role": "user", "content": "my name is ann lee"}]


@pytest.fixture
async def emulator() -> AsyncIterator[tuple[OpenAIEmulator, str]]:
    """An emulator with low latencies, and its base URL."""
    made = OpenAIEmulator(OpenAISandboxSettings(first_token_ms=5, tokens_per_s=1000))
    async with serve(made.app(), "127.0.0.1", 0, drain_timeout_s=1) as port:
        yield made, f"http://127.0.0.1:{port}/v1"


def client(url: str, *, timeout_s: float = 5.0) -> AsyncOpenAI:
    return AsyncOpenAI(api_key="k", base_url=url, max_retries=0, timeout=timeout_s)


async def read(sdk: AsyncOpenAI, messages: list[Any] | None = None, **more: Any) -> str:
    """The text of a streamed answer."""
    stream = await sdk.chat.completions.create(
        model="sandbox-other", messages=messages or MESSAGES, stream=True, **more
    )
    return "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])


async def kinds_until(made: OpenAIEmulator, kind: str) -> list[str]:
    """Wait for a log entry of that kind; returns the kinds of all entries."""

    def kinds() -> list[str]:
        return [entry["kind"] for entry in made.journal.since(0)]

    await eventually(lambda: kind in kinds())
    return kinds()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("close_mid", openai.APIConnectionError),
        ("error_mid", openai.APIError),
        ("garbage", ValueError),
        ("hang_mid", openai.APITimeoutError),
        ("hang", openai.APITimeoutError),
    ],
)
@pytest.mark.parametrize("text", ["my name is ann lee", "quiet"])
async def test_a_fault_raises_in_the_sdk_and_the_next_request_works(
    emulator: tuple[OpenAIEmulator, str], tmp_path: Any, fault: str, error: type[Exception], text: str
) -> None:
    """This also applies to an answer without text."""
    path = tmp_path / "s.yaml"
    path.write_text("rules: [{when: quiet, say: ''}, {when: '.*', say: 'You said that, and more.'}]")
    changes = {"llm_fault": fault, "llm_fault_requests": 1, "scenario": str(path)}
    emulator[0].runtime_settings.update(changes)
    messages = [{"role": "user", "content": text}]
    async with client(emulator[1], timeout_s=0.5) as sdk:
        with pytest.raises(error):
            await read(sdk, messages)
        assert await read(sdk) == "You said that, and more."


@pytest.mark.parametrize("stream", [True, False])
async def test_a_disconnect_from_a_hung_request_is_logged(
    emulator: tuple[OpenAIEmulator, str], stream: bool
) -> None:
    """The hung request ends when the client disconnects."""
    emulator[0].runtime_settings.update({"llm_fault": "hang"})
    async with client(emulator[1], timeout_s=0.2) as sdk:
        with pytest.raises(openai.APITimeoutError):
            await sdk.chat.completions.create(model="sandbox-other", messages=MESSAGES, stream=stream)

    assert await kinds_until(emulator[0], "cancelled") == ["request", "cancelled"]


async def test_a_disconnect_before_the_answer_is_logged(
    emulator: tuple[OpenAIEmulator, str],
) -> None:
    """The request ends when the client disconnects."""
    emulator[0].runtime_settings.update({"first_token_ms": 60_000})
    async with client(emulator[1], timeout_s=0.2) as sdk:
        with pytest.raises(openai.APITimeoutError):
            await sdk.chat.completions.create(model="sandbox-other", messages=MESSAGES)

    assert await kinds_until(emulator[0], "cancelled") == ["request", "cancelled"]


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "invalid_api_key", "invalid_request_error"),
        (402, "billing_hard_limit_reached", "invalid_request_error"),
        (404, "model_not_found", "invalid_request_error"),
        (429, "rate_limit_exceeded", "requests"),
        (500, None, "server_error"),
    ],
)
async def test_errors_have_openais_format(
    emulator: tuple[OpenAIEmulator, str], status: int, code: str | None, kind: str
) -> None:
    """An error has OpenAI's code, type and request id; one with status 429 also has retry-after."""
    emulator[0].runtime_settings.update({"llm_refuse": status})
    async with client(emulator[1]) as sdk:
        with pytest.raises(openai.APIStatusError) as raised:
            await read(sdk)

    assert (raised.value.status_code, raised.value.code, raised.value.type) == (status, code, kind)
    assert (raised.value.request_id or "").startswith("req_")
    assert ("retry-after" in raised.value.response.headers) == (status == 429)


async def test_an_unknown_model_is_not_found(emulator: tuple[OpenAIEmulator, str]) -> None:
    """So is one that was shut down."""
    emulator[0].runtime_settings.update({"llm_date": "2027-01-14"})
    async with client(emulator[1]) as sdk:
        for model in ("m", "echo", "gpt-4.1-mini"):
            with pytest.raises(openai.NotFoundError) as raised:
                await sdk.chat.completions.create(model=model, messages=MESSAGES)
            with pytest.raises(openai.NotFoundError):
                await sdk.models.retrieve(model)
            assert raised.value.code == "model_not_found"


async def test_the_model_name_selects_the_scenario(emulator: tuple[OpenAIEmulator, str]) -> None:
    """Any other model uses the configured scenario."""
    async with client(emulator[1]) as sdk:
        names = {model.id: model.shutdown_date async for model in sdk.models.list()}
        retrieved = await sdk.models.retrieve("gpt-4.1")
        answers = [
            (await sdk.chat.completions.create(model=model, messages=MESSAGES)).choices[0].message.content
            for model in ("sandbox-echo", "gpt-6-luna")
        ]

    assert {"sandbox-bench", "sandbox-clinic", "gpt-6-luna"} <= set(names)
    assert (names["gpt-4.1"], retrieved.shutdown_date) == ("2027-01-14", "2027-01-14")
    assert answers[0] == "You said: my name is ann lee."
    assert answers[1] is not None
    assert answers[1].startswith("Thank you, ann lee.")


async def test_a_missing_scenario_is_a_server_error(emulator: tuple[OpenAIEmulator, str]) -> None:
    """The message names the file."""
    emulator[0].runtime_settings.update({"scenario": "nowhere"})
    async with client(emulator[1]) as sdk:
        with pytest.raises(openai.InternalServerError, match=r"nowhere\.yaml"):
            await read(sdk)


async def test_the_call_is_identified_by_user_or_metadata(emulator: tuple[OpenAIEmulator, str]) -> None:
    """The journal entry names the call, so that benchmarks can match tokens to it."""
    async with client(emulator[1]) as sdk:
        await read(sdk, user="CA1")
        await read(sdk, metadata={"call_sid": "CA2"})

    assert [e["call_sid"] for e in emulator[0].journal.since(0) if e["kind"] == "done"] == ["CA1", "CA2"]


async def test_tokens_keep_their_pace_from_the_requests_arrival(
    emulator: tuple[OpenAIEmulator, str],
) -> None:
    """No token is early, and none is more than 1.5 s late."""
    emulator[0].runtime_settings.update({"first_token_ms": 200, "tokens_per_s": 50})
    began = time.monotonic()
    arrivals: list[float] = []
    async with client(emulator[1]) as sdk:
        stream = await sdk.chat.completions.create(model="sandbox-other", messages=MESSAGES, stream=True)
        async for chunk in stream:
            if chunk.choices[0].delta.content:
                arrivals.append(time.monotonic() - began)

    for number, at_s in enumerate(arrivals):
        due_s = 0.2 + number / 50
        assert due_s <= at_s < due_s + 1.5


async def test_an_unknown_address_is_named(emulator: tuple[OpenAIEmulator, str]) -> None:
    """As for a base URL without `/v1`; every answer has OpenAI's headers."""
    url = emulator[1].removesuffix("/v1")
    async with httpx.AsyncClient(headers={"authorization": "Bearer k"}) as raw:
        unknown = await raw.post(f"{url}/chat/completions", json={})
        wrong = await raw.post(f"{url}/v1/models", json={})
        models = await raw.get(f"{url}/v1/models")

    assert (unknown.status_code, wrong.status_code) == (404, 405)
    assert unknown.json()["error"]["message"] == "Invalid URL (POST /chat/completions)"
    assert wrong.json()["error"]["code"] is None
    assert models.headers["openai-version"]


async def test_a_malformed_request_is_answered_with_400(
    emulator: tuple[OpenAIEmulator, str],
) -> None:
    """Invalid JSON, a body that is not an object, wrong types and invalid UTF-8 are rejected."""
    async with httpx.AsyncClient(headers={"authorization": "Bearer k"}) as raw:
        for content in (
            b"{",
            b"[]",
            b'{"model":"gpt-4.1","messages":[{"role":"user","content":["x"]}]}',
            b"\xff",
        ):
            reply = await raw.post(f"{emulator[1]}/chat/completions", content=content)
            assert reply.status_code == 400
            assert reply.json()["error"]["type"] == "invalid_request_error"
