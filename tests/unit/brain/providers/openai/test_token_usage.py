"""The tokens of an answer, as servers report them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.providers.llm import MAX_TOKENS, Done, LlmEvent, TokenUsage
from services.brain.providers.openai.chat_reader import ChatReader
from services.brain.providers.openai.responses_reader import ResponsesReader
from services.brain.providers.openai.token_usage import read_usage

CHAT = {
    "prompt_tokens": 120,
    "completion_tokens": 30,
    "total_tokens": 150,
    "prompt_tokens_details": {"cached_tokens": 100},
    "completion_tokens_details": {"reasoning_tokens": 10},
}
RESPONSES = {
    "input_tokens": 120,
    "input_tokens_details": {"cached_tokens": 100},
    "output_tokens": 30,
    "output_tokens_details": {"reasoning_tokens": 10},
}
WHOLE = TokenUsage(120, 100, 30, 10)
TEXT = {"choices": [{"index": 0, "delta": {"content": "Hello"}, "finish_reason": None}], "usage": None}
STOP = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


def events_of(reader: ChatReader | ResponsesReader, *chunks: Any) -> list[LlmEvent]:
    return [*(event for chunk in chunks for event in reader.read(chunk)), *reader.finish()]


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (CHAT, WHOLE),
        (RESPONSES, WHOLE),
        ({"prompt_tokens": 5, "completion_tokens": 2}, TokenUsage(5, 0, 2, 0)),
        ({"prompt_tokens": 5, "prompt_cache_hit_tokens": 4}, TokenUsage(5, 4, 0, 0)),
        ({"prompt_tokens": 5, "prompt_tokens_details": None}, TokenUsage(5, 0, 0, 0)),
        ({"prompt_tokens": 10**30, "completion_tokens": -3}, TokenUsage(MAX_TOKENS, 0, 0, 0)),
        ({"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 9}}, TokenUsage(5, 5, 0, 0)),
        ({}, None),
        (None, None),
        ("12", None),
    ],
)
def test_usage_is_read_in_the_form_of_either_api(usage: Any, expected: TokenUsage | None) -> None:
    assert read_usage(usage) == expected


@pytest.mark.parametrize(
    "chunks",
    [
        [TEXT, STOP, {"choices": [], "usage": CHAT}],
        [TEXT, {**STOP, "usage": CHAT}],
        [{**TEXT, "usage": {"prompt_tokens": 120, "completion_tokens": 1}}, {**STOP, "usage": CHAT}],
        [TEXT, {**STOP, "x_groq": {"usage": CHAT}}],
        [TEXT, {**STOP, "usage": CHAT}, {"choices": [], "usage": None}],
    ],
    ids=["a chunk of its own", "with the finish reason", "in each chunk", "Groq", "null after it"],
)
def test_a_chat_answer_has_its_usage_once_before_done(chunks: list[Any]) -> None:
    assert events_of(ChatReader(), *chunks)[-2:] == [WHOLE, Done("stop")]


def test_a_response_has_its_usage_at_its_end() -> None:
    end = {"type": "response.completed", "response": {"status": "completed", "usage": RESPONSES}}
    delta = {"type": "response.output_text.delta", "delta": "Hello"}

    assert events_of(ResponsesReader(), delta, end)[-2:] == [WHOLE, Done("stop")]


def test_an_answer_without_usage_has_none() -> None:
    assert not any(isinstance(event, TokenUsage) for event in events_of(ChatReader(), TEXT, STOP))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*CHAT, *RESPONSES, "cached_tokens"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(json_values)
def test_any_usage_is_plausible_or_none(value: Any) -> None:
    """A provider may send anything."""
    usage = read_usage(json.loads(json.dumps(value)))
    if usage is not None:
        assert 0 <= usage.cached_input <= usage.input <= MAX_TOKENS
        assert 0 <= usage.reasoning <= usage.output <= MAX_TOKENS
