"""Streams of Anthropic's Messages API."""

from typing import Any

import pytest

from parley.errors import ProviderError, ProviderRateLimited, ProviderRejected, ProviderUnavailable
from parley.providers.llm import Done, LlmEvent, TextDelta, TokenUsage, ToolCallRequest
from services.brain.providers.anthropic.reader import AnthropicReader


def start(index: int, **block: Any) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(index: int, **fields: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": fields}


def end(reason: str, **usage: Any) -> list[dict[str, Any]]:
    stop = {"stop_reason": reason, "stop_sequence": None}
    return [{"type": "message_delta", "delta": stop, "usage": usage}, {"type": "message_stop"}]


def read(*events: Any) -> list[LlmEvent]:
    reader = AnthropicReader(["book"])
    found = [event for item in events for event in reader.read(item)]
    return [*found, *reader.finish()]


def test_thinking_is_not_text_and_stays_with_the_first_call() -> None:
    found = read(
        start(0, type="thinking", thinking="", signature=""),
        delta(0, type="thinking_delta", thinking="Hm."),
        delta(0, type="signature_delta", signature="c2ln"),
        start(1, type="redacted_thinking", data="eA=="),
        start(2, type="text", text=""),
        delta(2, type="text_delta", text="One moment."),
        start(3, type="tool_use", id="toolu_1", name="book", input={}),
        delta(3, type="input_json_delta", partial_json=""),
        delta(3, type="input_json_delta", partial_json='{"day": '),
        delta(3, type="input_json_delta", partial_json="1}"),
        start(4, type="tool_use", id="toolu_2", name="book", input={"day": 2}),
        *end("tool_use"),
    )

    thinking = [
        {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "eA=="},
    ]
    assert found == [
        TextDelta("One moment."),
        ToolCallRequest("toolu_1", "book", '{"day": 1}', {"anthropic": {"thinking": thinking}}),
        ToolCallRequest("toolu_2", "book", '{"day": 2}'),
        Done("tool_calls"),
    ]


def test_the_input_includes_what_the_cache_read_and_wrote() -> None:
    usage = {"input_tokens": 10, "cache_read_input_tokens": 900, "cache_creation_input_tokens": 90}
    found = read(
        {"type": "message_start", "message": {"usage": {**usage, "output_tokens": 1}}},
        *end("end_turn", output_tokens=50, output_tokens_details={"thinking_tokens": 40}),
    )

    assert TokenUsage(input=1000, cached_input=900, output=50, reasoning=40) in found


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("pause_turn", "stop"),
        ("tool_use", "tool_calls"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "content_filter"),
        ("later_reason", "later_reason"),
    ],
)
def test_stop_reasons(reason: str, expected: str) -> None:
    assert read(*end(reason))[-1] == Done(expected)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("overloaded_error", ProviderUnavailable),
        ("api_error", ProviderUnavailable),
        ("rate_limit_error", ProviderRateLimited),
        ("authentication_error", ProviderRejected),
        ("later_error", ProviderUnavailable),
    ],
)
def test_an_error_within_the_stream_ends_the_answer(kind: str, expected: type[ProviderError]) -> None:
    with pytest.raises(expected, match=kind):
        read({"type": "error", "error": {"type": kind, "message": "m"}})


def test_pings_and_unknown_events_are_skipped_and_an_early_end_is_a_failure() -> None:
    with pytest.raises(ProviderUnavailable, match="ended without"):
        read({"type": "ping"}, {"type": "later"}, start(0, type="text", text="Hi"))
