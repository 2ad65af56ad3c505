"""The JSON of answers and chunks."""

from dataclasses import replace

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from sandbox.openai import wire
from sandbox.openai.reply import Call, Reply
from tests.strict import assert_fits

TOOL = Reply("", (Call("look", '{"a": 1}', "call_1"), Call("book", "{}", "call_2")), finish="tool_calls")
REPLIES = [Reply("Good morning"), TOOL, Reply(refusal="I cannot help."), Reply("")]


def completion(reply: Reply, *, include_usage: bool = False) -> wire.Completion:
    """A completion of 4 prompt tokens."""
    return wire.Completion("id-1", "m", 0, reply, include_usage, 4)


@pytest.mark.parametrize("reply", REPLIES)
@pytest.mark.parametrize("logprobs", [True, False])
def test_answers_and_chunks_fit_the_sdks_types(reply: Reply, logprobs: bool) -> None:
    """This holds for text, tool calls, refusals and nothing."""
    made = replace(completion(reply, include_usage=True), logprobs=logprobs, choices=2)

    assert_fits(ChatCompletion, wire.full_response(made))
    for chunk in wire.chat_chunks(made):
        assert chunk.data is not None
        assert_fits(ChatCompletionChunk, dict(chunk.data))


def test_the_usage_counts_tokens() -> None:
    """Reasoning counts too."""
    plain = wire.usage(completion(Reply("Good morning")))
    reasoned = wire.usage(completion(Reply("Good morning", reasons=True)))

    assert (plain["prompt_tokens"], plain["completion_tokens"], plain["total_tokens"]) == (4, 2, 6)
    assert reasoned["completion_tokens"] == 2 + reasoned["completion_tokens_details"]["reasoning_tokens"]


def test_chunks_have_a_usage_field_only_if_requested() -> None:
    """The field is null except in the last chunk, which has no choices."""
    plain = [chunk.data or {} for chunk in wire.chat_chunks(completion(Reply("Hi")))]
    counted = [chunk.data or {} for chunk in wire.chat_chunks(completion(Reply("Hi"), include_usage=True))]

    assert not any("usage" in data for data in plain)
    assert [data["usage"] for data in counted[:-1]] == [None] * 3
    assert (counted[-1]["choices"], counted[-1]["usage"]["completion_tokens"]) == ([], 1)


def test_only_the_first_choice_counts_as_tokens() -> None:
    """With `n` each token is sent once for each choice."""
    made = replace(completion(Reply("Good day")), choices=2)
    chunks = [chunk for chunk in wire.chat_chunks(made) if "text" in chunk.tags]

    assert [chunk.token for chunk in chunks] == [0, None, 1, None]
    assert [chunk.data["choices"][0]["index"] for chunk in chunks if chunk.data] == [0, 1, 0, 1]


def test_a_tool_call_is_split_into_name_and_arguments() -> None:
    """The pieces of the arguments add up to the whole, and parallel calls have indices of their own."""
    parts = [part for delta in wire.tool_deltas(TOOL.calls) for part in delta["tool_calls"]]

    assert parts[0] == {
        "index": 0,
        "id": "call_1",
        "type": "function",
        "function": {"name": "look", "arguments": ""},
    }
    first = [part["function"]["arguments"] for part in parts if part["index"] == 0]
    assert "".join(first) == '{"a": 1}'
    assert [part["id"] for part in parts if "id" in part] == ["call_1", "call_2"]
