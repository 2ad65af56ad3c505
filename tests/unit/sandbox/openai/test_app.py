"""The stand-in for OpenAI when things go wrong, by OpenAI's own SDK."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import openai
import pytest
from openai import AsyncOpenAI

from parley.health import serve
from sandbox.openai.app import ChatCompletions
from sandbox.openai.settings import OpenAISandboxSettings

MESSAGES: list[Any] = [{"role": "user", "content": "my name is ann lee"}]


@pytest.fixture
async def stand_in() -> AsyncIterator[tuple[ChatCompletions, str]]:
    """A quick one, and its address."""
    made = ChatCompletions(OpenAISandboxSettings(first_token_ms=5, tokens_per_s=1000))
    async with serve(made.app(), "127.0.0.1", 0, drain_timeout_s=1) as port:
        yield made, f"http://127.0.0.1:{port}/v1"


def client(url: str, *, timeout_s: float = 5.0) -> AsyncOpenAI:
    return AsyncOpenAI(api_key="k", base_url=url, max_retries=0, timeout=timeout_s)


async def read(sdk: AsyncOpenAI, messages: list[Any] | None = None, **more: Any) -> str:
    """A streamed answer's text."""
    stream = await sdk.chat.completions.create(model="m", messages=messages or MESSAGES, stream=True, **more)
    return "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])


async def kinds_until(made: ChatCompletions, kind: str) -> list[str]:
    """The log's kinds as soon as that one is among them."""
    async with asyncio.timeout(5):
        while kind not in (found := [entry["kind"] for entry in made.journal.since(0)]):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return found


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
async def test_a_fault_is_what_the_sdk_makes_of_it_and_then_all_is_well(
    stand_in: tuple[ChatCompletions, str], tmp_path: Any, fault: str, error: type[Exception], text: str
) -> None:
    """Even of an answer that has no text."""
    path = tmp_path / "s.yaml"
    path.write_text("rules: [{when: quiet, call: look}, {when: '.*', say: 'You said that, and more.'}]")
    changes = {"llm_fault": fault, "llm_fault_requests": 1, "scenario": str(path)}
    stand_in[0].dials.update(changes)
    messages = [{"role": "user", "content": text}]
    async with client(stand_in[1], timeout_s=0.5) as sdk:
        with pytest.raises(error):
            await read(sdk, messages)
        assert await read(sdk) == "You said that, and more."


@pytest.mark.parametrize("stream", [True, False])
async def test_a_client_that_leaves_a_hung_request_is_noticed(
    stand_in: tuple[ChatCompletions, str], stream: bool
) -> None:
    """Nothing goes on hanging for it."""
    stand_in[0].dials.update({"llm_fault": "hang"})
    async with client(stand_in[1], timeout_s=0.2) as sdk:
        with pytest.raises(openai.APITimeoutError):
            await sdk.chat.completions.create(model="m", messages=MESSAGES, stream=stream)

    assert await kinds_until(stand_in[0], "cancelled") == ["request", "cancelled"]


async def test_a_client_that_leaves_before_the_whole_answer_is_noticed(
    stand_in: tuple[ChatCompletions, str],
) -> None:
    """No more work is done for it."""
    stand_in[0].dials.update({"first_token_ms": 60_000})
    async with client(stand_in[1], timeout_s=0.2) as sdk:
        with pytest.raises(openai.APITimeoutError):
            await sdk.chat.completions.create(model="m", messages=MESSAGES)

    assert await kinds_until(stand_in[0], "cancelled") == ["request", "cancelled"]


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
async def test_refusals_have_the_vendors_shape(
    stand_in: tuple[ChatCompletions, str], status: int, code: str | None, kind: str
) -> None:
    """Code, type, and the request's id; when to try again, when there is room then."""
    stand_in[0].dials.update({"llm_refuse": status})
    async with client(stand_in[1]) as sdk:
        with pytest.raises(openai.APIStatusError) as refused:
            await read(sdk)

    assert (refused.value.status_code, refused.value.code, refused.value.type) == (status, code, kind)
    assert (refused.value.request_id or "").startswith("req_")
    assert ("retry-after" in refused.value.response.headers) == (status == 429)


async def test_a_model_that_is_not_known_is_refused(stand_in: tuple[ChatCompletions, str]) -> None:
    """Names that begin with `bad`, as keys that do."""
    async with client(stand_in[1]) as sdk:
        with pytest.raises(openai.NotFoundError) as refused:
            await sdk.chat.completions.create(model="bad-model", messages=MESSAGES)

    assert refused.value.code == "model_not_found"


async def test_the_model_names_the_scenario(stand_in: tuple[ChatCompletions, str]) -> None:
    """Any other name is answered by the one that is set."""
    async with client(stand_in[1]) as sdk:
        names = [model.id async for model in sdk.models.list()]
        answers = [
            (await sdk.chat.completions.create(model=model, messages=MESSAGES)).choices[0].message.content
            for model in ("echo", "gpt-x")
        ]

    assert names == ["bench", "chaos", "clinic", "echo", "long"]
    assert answers[0] == "You said: my name is ann lee."
    assert answers[1] is not None
    assert answers[1].startswith("Thank you, ann lee.")


async def test_a_scenario_that_is_missing_is_told(stand_in: tuple[ChatCompletions, str]) -> None:
    """By its file, as a server's error."""
    stand_in[0].dials.update({"scenario": "nowhere"})
    async with client(stand_in[1]) as sdk:
        with pytest.raises(openai.InternalServerError, match=r"nowhere\.yaml"):
            await read(sdk)


async def test_a_call_is_known_by_user_or_by_metadata(stand_in: tuple[ChatCompletions, str]) -> None:
    """So that a benchmark can tell whose tokens came when."""
    async with client(stand_in[1]) as sdk:
        await read(sdk, user="CA1")
        await read(sdk, metadata={"call_sid": "CA2"})

    assert [e["call_sid"] for e in stand_in[0].journal.since(0) if e["kind"] == "done"] == ["CA1", "CA2"]


async def test_tokens_keep_their_pace_from_the_requests_arrival(
    stand_in: tuple[ChatCompletions, str],
) -> None:
    """Not earlier than they were told to, and not much later."""
    stand_in[0].dials.update({"first_token_ms": 200, "tokens_per_s": 50})
    began = time.monotonic()
    arrivals: list[float] = []
    async with client(stand_in[1]) as sdk:
        stream = await sdk.chat.completions.create(model="m", messages=MESSAGES, stream=True)
        async for chunk in stream:
            if chunk.choices[0].delta.content:
                arrivals.append(time.monotonic() - began)

    for number, at_s in enumerate(arrivals):
        due_s = 0.2 + number / 50
        assert due_s <= at_s < due_s + 1.5


async def test_what_is_no_request_is_answered_by_an_error_not_by_a_crash(
    stand_in: tuple[ChatCompletions, str],
) -> None:
    """No JSON, no object, wrong types."""
    async with httpx.AsyncClient(headers={"authorization": "Bearer k"}) as raw:
        for content in (b"{", b"[]", b'{"model":"m","messages":[{"role":"user","content":["x"]}]}', b"\xff"):
            reply = await raw.post(f"{stand_in[1]}/chat/completions", content=content)
            assert reply.status_code == 400
            assert reply.json()["error"]["type"] == "invalid_request_error"


async def test_who_leaves_in_the_middle_of_asking_is_no_error() -> None:
    """As a client whose guess was wrong; the server would log a fault of its own."""
    app = ChatCompletions(OpenAISandboxSettings()).app()
    said: list[Any] = []
    headers = [(b"authorization", b"Bearer k"), (b"content-length", b"10")]
    scope = {"type": "http", "method": "POST", "path": "/v1/chat/completions", "headers": headers}

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        said.append(message)

    await app({**scope, "query_string": b"", "http_version": "1.1"}, receive, send)

    assert said[0]["status"] == 499
