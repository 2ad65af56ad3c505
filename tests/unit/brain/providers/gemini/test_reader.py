"""Streams of the Gemini API."""

from typing import Any

import pytest

from parley.errors import ProviderError, ProviderRateLimited, ProviderRejected, ProviderUnavailable
from parley.providers.llm import Done, LlmEvent, TextDelta, TokenUsage, ToolCallRequest
from services.brain.providers.gemini.reader import GeminiReader


def chunk(*parts: dict[str, Any], reason: str = "", **fields: Any) -> dict[str, Any]:
    candidate: dict[str, Any] = {"index": 0, "content": {"role": "model", "parts": list(parts)}}
    return {"candidates": [candidate | ({"finishReason": reason} if reason else {})], **fields}


def read(*chunks: Any) -> list[LlmEvent]:
    reader = GeminiReader(["book"])
    found = [event for item in chunks for event in reader.read(item)]
    return [*found, *reader.finish()]


def test_thoughts_are_not_text_and_calls_keep_their_signature() -> None:
    call = {"name": "book", "args": {"day": 1}, "id": "x1"}
    found = read(
        chunk({"text": "Hm.", "thought": True}),
        chunk({"text": "One moment."}),
        chunk({"functionCall": call, "thoughtSignature": "c2ln"}, {"functionCall": {"name": "book"}}),
        chunk({"text": ""}, reason="STOP"),
    )

    assert found == [
        TextDelta("One moment."),
        ToolCallRequest("x1", "book", '{"day": 1}', {"gemini": {"thoughtSignature": "c2ln", "id": "x1"}}),
        ToolCallRequest("call_1", "book", "{}"),
        Done("tool_calls"),
    ]


def test_thoughts_are_part_of_the_output() -> None:
    usage = {
        "promptTokenCount": 100,
        "cachedContentTokenCount": 80,
        "candidatesTokenCount": 20,
        "thoughtsTokenCount": 30,
    }

    found = read(chunk({"text": "Hi"}, reason="STOP", usageMetadata=usage))

    assert TokenUsage(input=100, cached_input=80, output=50, reasoning=30) in found


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "content_filter"),
        ("RECITATION", "content_filter"),
        ("BLOCKLIST", "content_filter"),
        ("PROHIBITED_CONTENT", "content_filter"),
        ("SPII", "content_filter"),
    ],
)
def test_finish_reasons(reason: str, expected: str) -> None:
    assert read(chunk({"text": "Hi"}, reason=reason))[-1] == Done(expected)


@pytest.mark.parametrize(
    ("sent", "expected", "text"),
    [
        (chunk(reason="MALFORMED_FUNCTION_CALL"), ProviderUnavailable, "invalid tool call"),
        (chunk(reason="UNEXPECTED_TOOL_CALL"), ProviderUnavailable, "invalid tool call"),
        (chunk(reason="OTHER"), ProviderUnavailable, "other"),
        (chunk(reason="PUP_LIMITED_DISABLED"), ProviderRejected, "usage policy"),
        ({"promptFeedback": {"blockReason": "SAFETY"}}, ProviderUnavailable, "safety filter"),
        ({"error": {"code": 503, "status": "UNAVAILABLE", "message": "m"}}, ProviderUnavailable, "UNAVAIL"),
        ([{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}}], ProviderRateLimited, "RESOURCE"),
        (chunk({"text": "Hi"}), ProviderUnavailable, "without a finish reason"),
    ],
)
def test_an_answer_that_failed_raises_its_error(sent: Any, expected: type[ProviderError], text: str) -> None:
    with pytest.raises(expected, match=text):
        read(sent)
