"""The body of a streamed answer: time limits, and whatever can go wrong while it is read."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from parley.errors import ProviderError, ProviderTimeout, ProviderUnavailable
from parley.providers.llm import Done, LlmEvent, TextDelta
from services.brain.providers.openai.chat_reader import ChatReader
from services.brain.providers.streams.pause_limits import PauseLimits, StreamLimits
from services.brain.providers.streams.stream_events import ends_sentence, read_answer


def limits() -> StreamLimits:
    return PauseLimits(0.1, 0.4).of("m", 0.1)


def text(content: str, finish_reason: str | None = None) -> bytes:
    return event({"choices": [{"delta": {"content": content}, "finish_reason": finish_reason}]})


def event(value: Any) -> bytes:
    return f"data: {json.dumps(value)}\n\n".encode()


def call(arguments: str) -> bytes:
    return event(
        {
            "choices": [
                {"delta": {"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": arguments}}]}}
            ]
        }
    )


DONE = b"data: [DONE]\n\n"
END = event({"choices": [{"delta": {}, "finish_reason": "stop"}]})
KEEP_ALIVE = b": keep-alive\n\n"
REASONING = event({"choices": [{"delta": {"reasoning_content": "Hm."}}]})


async def body(*items: bytes | float | BaseException) -> AsyncIterator[bytes]:
    """Chunks, pauses in seconds, and exceptions."""
    for item in items:
        if isinstance(item, bytes):
            yield item
        elif isinstance(item, BaseException):
            raise item
        else:
            await asyncio.sleep(item)


async def read(*items: Any, has_tools: bool = True, within: StreamLimits | None = None) -> list[LlmEvent]:
    return [
        e
        async for e in read_answer(
            body(*items), ChatReader(), within or limits(), has_tools=has_tools, provider="p"
        )
    ]


HELLO = [TextDelta("Hello"), Done("stop")]


@pytest.mark.parametrize(
    "items",
    [
        pytest.param([text("Hello"), END, DONE], id="standard"),
        pytest.param([text("Hello"), DONE], id="no finish reason"),
        pytest.param([text("Hello"), END], id="no end mark"),
        pytest.param([text("Hello"), END, DONE, text(" again")], id="text after the end"),
        pytest.param([text("Hello"), END, b"data: {not JSON\n\n"], id="garbage after the end"),
        pytest.param([text("Hello"), END, httpx2.ReadError("reset")], id="reset after the end"),
        pytest.param([text("Hello"), END, event({"error": "late"})], id="error after the end"),
        pytest.param([text("Hello"), END, DONE, httpx2.ReadError("reset")], id="reset after the mark"),
        pytest.param([text("Hello"), END, DONE, 60.0], id="never closed"),
        pytest.param(
            [b'{"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}'], id="plain JSON"
        ),
    ],
)
async def test_an_answer_is_complete(items: list[Any]) -> None:
    """Data after its end makes no difference."""
    assert await read(*items) == HELLO


async def test_an_open_stream_ends_soon_after_the_finish_reason() -> None:
    """Keep-alives do not prolong it."""
    async with asyncio.timeout(2):
        assert await read(text("Hello"), END, *[KEEP_ALIVE, END, 0.1] * 100) == HELLO


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([text("Hello")], ProviderUnavailable),
        ([text("Hello"), httpx2.ReadError("reset")], ProviderUnavailable),
        ([httpx2.ReadTimeout("slow")], ProviderTimeout),
        ([TimeoutError()], ProviderTimeout),
        ([KeyError("x")], ProviderUnavailable),
        ([RecursionError()], ProviderUnavailable),
        ([UnicodeDecodeError("utf-8", b"", 0, 1, "x")], ProviderUnavailable),
        ([b"data: " + b"[" * 100_000 + b"\n\n"], ProviderUnavailable),
        ([b"data: {\n\n"], ProviderUnavailable),
        ([event({"error": "boom"})], ProviderUnavailable),
        ([b"event: error\ndata: boom\n\n"], ProviderUnavailable),
        ([b"<html>Bad gateway</html>"], ProviderUnavailable),
        ([b""], ProviderUnavailable),
        ([], ProviderUnavailable),
    ],
    ids=repr,
)
async def test_any_failure_is_the_providers(items: list[Any], expected: type[ProviderError]) -> None:
    """The stage sees no other exception."""
    with pytest.raises(expected):
        await read(*items)


async def test_a_reader_that_fails_is_the_providers_failure() -> None:
    """An unknown form may reveal a fault of the reader."""

    class Broken(ChatReader):
        def read(self, event: object, event_name: str = "") -> list[LlmEvent]:  # noqa: ARG002 - an override
            raise KeyError("x")

    with pytest.raises(ProviderUnavailable, match="KeyError"):
        async for _ in read_answer(body(text("Hello")), Broken(), limits(), has_tools=False, provider="p"):
            pass


@pytest.mark.parametrize("error", [MemoryError(), asyncio.CancelledError()])
async def test_these_are_not_the_providers(error: BaseException) -> None:
    """A cancellation and a lack of memory pass through."""
    with pytest.raises(type(error)):
        await read(error)


@pytest.mark.parametrize(
    "filler", [KEEP_ALIVE, REASONING, text("<think>Hm."), text(" "), call("")[:-4], b"\n"]
)
async def test_the_first_content_is_limited(filler: bytes) -> None:
    """Keep-alives, reasoning and white space do not count."""
    with pytest.raises(ProviderTimeout, match="content"):
        await read(*[filler, 0.02] * 20, text("Hello"), END)


async def test_a_server_that_sends_without_a_pause_is_limited() -> None:
    """A flood of keep-alives never lets a timeout act."""
    with pytest.raises((ProviderTimeout, ProviderUnavailable)):
        await read(*[KEEP_ALIVE * 500] * 5000)


@pytest.mark.parametrize(
    ("items", "in_time"),
    [
        ([text("One"), 0.05, text("two"), 0.05, text("three"), END], True),
        ([text("One moment"), 0.2, text("please"), END], False),
        ([text("One moment."), 0.2, call("{}"), END], True),
        ([text("One moment: *"), 0.2, call("{}"), END], True),
        ([text("One moment."), 0.7, call("{}"), END], False),
        ([call("{"), 0.2, call("}"), END], True),
        ([call("{"), 0.7, call("}"), END], False),
        ([text("One"), *[KEEP_ALIVE, 0.06, REASONING] * 3, text("two"), END], False),
    ],
)
async def test_pauses_are_limited_by_what_may_follow(items: list[Any], *, in_time: bool) -> None:
    """A tool call may take longer than the next word."""
    try:
        await read(*items)
    except ProviderTimeout:
        assert not in_time
    else:
        assert in_time


async def test_arguments_have_a_limit_of_their_own() -> None:
    """A model that pauses within them is given more time, while another keeps the short limit."""
    pauses = PauseLimits(0.05, 5)
    slow, fast = pauses.of("slow", 1), pauses.of("fast", 1)
    assert slow.within_call.short_limit_s() == 2.0
    await read(call('{"a"'), 0.2, call(": 1}"), END, within=slow)
    assert slow.within_call.short_limit_s() >= 0.6
    fast.within_call.observe(0.01)
    with pytest.raises(ProviderTimeout, match=r"0\.05 s"):
        await read(call('{"a"'), 60.0, call(": 1}"), END, within=fast)
    assert pauses.of("fast", 1).within_call.limit_s() > 0.05


async def test_complete_arguments_may_be_followed_by_another_call() -> None:
    """A server may send it only when it is complete."""
    within = PauseLimits(0.05, 5).of("m", 1)
    within.within_call.observe(0.01)
    assert (await read(call("{}"), 0.2, call(""), END, within=within))[-1] == Done("stop")


async def test_a_sentence_is_no_reason_to_wait_without_tools() -> None:
    """No call can follow."""
    with pytest.raises(ProviderTimeout):
        await read(text("One moment."), 0.2, text("So."), END, has_tools=False)


async def test_the_time_of_the_receiver_does_not_count() -> None:
    """The limit begins when the receiver wants the next event."""
    found = []
    async for item in read_answer(
        body(text("One"), text("two"), END), ChatReader(), limits(), has_tools=False, provider="p"
    ):
        found.append(item)
        await asyncio.sleep(0.15)
    assert found[-1] == Done("stop")


@pytest.mark.parametrize(
    ("spoken", "expected"),
    [
        ("Yes.", True),
        ('"Yes!" ', True),
        ("Sure! 😊", True),
        ("明白了。", True),
        ("Yes,", False),
        ("one", False),
        ("", False),
    ],
)
def test_ends_of_sentences(spoken: str, *, expected: bool) -> None:
    """Quotes, spaces and emoji may follow the mark."""
    assert ends_sentence(spoken) == expected
