"""The wire format of answers and errors."""

import json
from typing import Any

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from sandbox.openai import wire
from sandbox.openai.scenario import Answer
from tests.strict import assert_fits


def completion(answer: Answer, *, include_usage: bool = False) -> wire.Completion:
    """A completion of 4 prompt tokens."""
    return wire.Completion("id-1", "m", 0, answer, include_usage, 4, tuple(answer.text.split()))


def payload(event: str) -> dict[str, Any]:
    """The JSON of a server-sent event."""
    assert event.startswith("data: ")
    assert event.endswith("\n\n")
    parsed: dict[str, Any] = json.loads(event.removeprefix("data: "))
    return parsed


@pytest.mark.parametrize("answer", [Answer("Good morning"), Answer("", "look", '{"a": 1}')])
def test_a_full_response_fits_the_sdks_type(answer: Answer) -> None:
    """This holds for text and for a tool call."""
    response = wire.full_response(completion(answer))

    assert_fits(ChatCompletion, response)
    assert response["usage"]["total_tokens"] == 4 + len(answer.text.split())


def test_chunks_have_a_usage_field_only_if_requested() -> None:
    """The field is null except in the last chunk, which has no choices."""
    plain = payload(wire.chunk(completion(Answer("Hi")), {"content": "Hi"}))
    counted = completion(Answer("Hi"), include_usage=True)
    chunk, last = payload(wire.chunk(counted, {"content": "Hi"})), payload(wire.usage_chunk(counted))

    for body in (plain, chunk, last):
        assert_fits(ChatCompletionChunk, body)
    assert "usage" not in plain
    assert chunk["usage"] is None
    assert (last["choices"], last["usage"]["completion_tokens"]) == ([], 1)


def test_a_tool_call_is_split_into_name_and_arguments() -> None:
    """The pieces of the arguments add up to the whole."""
    deltas = wire.tool_deltas(Answer("", "look", '{"a": 1}'))
    functions = [call["function"] for delta in deltas for call in delta["tool_calls"]]

    assert functions[0] == {"name": "look", "arguments": ""}
    assert "".join(function["arguments"] for function in functions) == '{"a": 1}'
    assert wire.tool_deltas(Answer("Hi")) == []


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "invalid_api_key", "invalid_request_error"),
        (429, "rate_limit_exceeded", "requests"),
        (500, None, "server_error"),
    ],
)
def test_an_error_has_the_code_and_type_of_its_status(status: int, code: str | None, kind: str) -> None:
    """A given code takes precedence."""
    body = wire.error(status, "no")["error"]

    assert (body["code"], body["type"], body["message"]) == (code, kind, "no")
    assert wire.error(status, "no", code="other")["error"]["code"] == "other"
