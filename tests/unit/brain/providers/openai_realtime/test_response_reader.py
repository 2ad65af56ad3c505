"""Events of responses, of which any may be missing, late or repeated."""

from typing import Any

import pytest

from parley.providers.llm import ToolCallRequest
from parley.providers.realtime import (
    AudioDelta,
    ItemProgressed,
    ResponseDone,
    SpokenText,
    SpokenTextDelta,
    ToolCallReceived,
)
from services.brain.providers.openai_realtime.response_reader import ResponseReader

_CALL = {"type": "function_call", "id": "i2", "call_id": "c1", "name": "book", "arguments": "{}"}
_BOOK = ToolCallRequest("c1", "book", "{}", {"call_id": "c1"})


def _reader(*tags: str) -> ResponseReader:
    reader = ResponseReader()
    for tag in tags:
        reader.requested(tag)
    return reader


def _read(reader: ResponseReader, kind: str, **event: Any) -> list[Any]:
    return list(reader.read(f"response.{kind}", event))


def _created(reader: ResponseReader, response_id: str, tag: str | None) -> None:
    metadata = None if tag is None else {"reply": tag}
    assert _read(reader, "created", response={"id": response_id, "metadata": metadata}) == []


def _delta(reader: ResponseReader, response_id: str) -> str:
    [delta] = _read(
        reader, "output_audio_transcript.delta", response_id=response_id, item_id="i1", delta="Hi"
    )
    assert isinstance(delta, SpokenTextDelta)
    return delta.tag


def test_a_response_without_its_beginning_is_the_one_requested() -> None:
    """If only one was requested; another's events are dropped."""
    reader = _reader("r1.1")
    assert [_delta(reader, "resp_1"), _delta(reader, "resp_2")] == ["r1.1", ""]
    assert _delta(_reader("r1.1", "r1.2"), "resp_1") == ""


def test_a_response_without_metadata_is_the_first_requested() -> None:
    """A refused request has no response."""
    reader = _reader("r1.1", "r2.1", "r3.1")
    reader.refused("r1.1")
    _created(reader, "resp_1", None)
    _created(reader, "resp_2", "r3.1")
    assert [_delta(reader, "resp_1"), _delta(reader, "resp_2")] == ["r2.1", "r3.1"]
    assert reader.response_id("r3.1") == "resp_2"


def test_after_its_end_nothing_of_a_response_counts() -> None:
    """Neither late audio nor a second end."""
    reader = _reader("r1.1")
    _created(reader, "resp_1", "r1.1")
    done = {"response": {"id": "resp_1", "status": "completed", "metadata": {"reply": "r1.1"}}}
    assert _read(reader, "done", **done) == [ResponseDone("r1.1", "completed")]
    assert _read(reader, "done", **done) == []
    late = _read(reader, "output_audio.delta", response_id="resp_1", item_id="i1", delta="YWJj")
    assert late == [AudioDelta("", "i1", b"abc")]


def test_the_end_contains_what_was_missing() -> None:
    """Words and tool calls of the items of a response that is completed, but not those of another."""
    message = {
        "type": "message",
        "id": "i1",
        "status": "completed",
        "content": [{"type": "output_audio", "transcript": "One moment."}],
    }
    response = {"id": "resp_1", "status": "completed", "output": [message, {**_CALL, "status": "completed"}]}
    assert _read(_reader("r1.1"), "done", response=response) == [
        SpokenText("r1.1", "i1", "One moment."),
        ToolCallReceived("r1.1", _BOOK),
        ResponseDone("r1.1", "completed"),
    ]
    cancelled = {**response, "status": "cancelled"}
    assert _read(_reader("r1.1"), "done", response=cancelled) == [ResponseDone("r1.1", "cancelled")]


@pytest.mark.parametrize("status", ["incomplete", "in_progress"])
def test_a_call_that_was_cut_off_is_none(status: str) -> None:
    """It only ends its item."""
    reader = _reader("r1.1")
    item = {**_CALL, "status": status}
    assert _read(reader, "output_item.done", response_id="resp_1", item=item) == [
        ItemProgressed("r1.1", "i2", complete=True)
    ]


def test_a_call_is_read_from_its_arguments() -> None:
    """Its item does not end; the name is that with which it began."""
    reader = _reader("r1.1")
    begun = _read(reader, "output_item.added", response_id="resp_1", item={**_CALL, "arguments": ""})
    assert begun == [ItemProgressed("r1.1", "i2")]
    done = {"response_id": "resp_1", "item_id": "i2", "arguments": "{}"}
    assert _read(reader, "function_call_arguments.done", **done) == [
        ItemProgressed("r1.1", "i2", complete=True, call=_BOOK)
    ]
    unknown = _read(reader, "function_call_arguments.done", **{**done, "item_id": "i9"})
    assert unknown == [ItemProgressed("r1.1", "i9", complete=True)]


@pytest.mark.parametrize(
    ("response", "status"), [({"id": "resp_1"}, "completed"), ({"id": "resp_1", "status": None}, "completed")]
)
def test_an_end_without_a_status_is_one(response: dict[str, Any], status: str) -> None:
    """The response has ended with what it has."""
    [done] = _read(_reader("r1.1"), "done", response=response)
    assert (done.tag, done.status, done.error) == ("r1.1", status, None)
