"""Server-sent events of unknown quality."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.errors import ProviderError, ProviderUnavailable
from services.brain.providers.streams import sse
from services.brain.providers.streams.sse import SseDecoder, SseEvent, StreamEnd


def decoded(*chunks: bytes) -> list[Any]:
    """The values of a stream; None for its end."""
    decoder = SseDecoder()
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return [None if isinstance(event, StreamEnd) else event.value for event in [*events, *decoder.finish()]]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'data: {"a": 1}\n\ndata: {"a": 2}\n\n', [{"a": 1}, {"a": 2}]),
        (b'data: {"a": 1}\r\n\r\ndata: {"a": 2}\r\n\r\n', [{"a": 1}, {"a": 2}]),
        (b'data: {"a": 1}\r\rdata: {"a": 2}\r\r', [{"a": 1}, {"a": 2}]),
        (b'\xef\xbb\xbfdata: {"a": 1}\n\n', [{"a": 1}]),
        (b'data:{"a": 1}\n\n', [{"a": 1}]),
        (b'data: {"a":\ndata: 1}\n\n', [{"a": 1}]),
        (b'data: {"a": 1}\ndata: {"a": 2}\ndata: [DONE]\n', [{"a": 1}, {"a": 2}, None]),
        (b': keep-alive\n\nid: 7\nretry: 10\nevent: x\ndata: {"a": 1}\n\n', [{"a": 1}]),
        (b'data\n\ndata:\n\ndata: {"a": 1}', [{"a": 1}]),
        (b"data: [DONE]", [None]),
        (b"[DONE]\n", [None]),
        (b'data: "\xff\xfe"\n\n', ["\ufffd\ufffd"]),
        (b'{"a": 1}\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
        (b'{\n  "a": 1\n}\n', [{"a": 1}]),
        (b"<html>\n<p>Bad gateway</p>\n", []),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_streams_are_decoded(body: bytes, expected: list[Any], size: int) -> None:
    """Wherever the chunks are cut."""
    assert decoded(*(body[at : at + size] for at in range(0, len(body), size))) == expected


def test_the_name_of_an_event_belongs_to_it_alone() -> None:
    """The next event has none."""
    events = SseDecoder().feed(b"event: error\ndata: 1\n\ndata: 2\n\n")

    assert events == [SseEvent(1, "error"), SseEvent(2)]


@pytest.mark.parametrize(
    "body",
    [b"data: {\n\n", b"data: x\ndata: y\n\n", b"data: " + b"[" * 100_000 + b"\n\n", b"data: " + b"9" * 9999],
)
def test_what_is_not_json_is_a_failure(body: bytes) -> None:
    """Text may be lost with it."""
    with pytest.raises(ProviderUnavailable):
        decoded(body, b"\n\n")


def test_an_endless_line_is_a_failure() -> None:
    """Its length is bounded; that of keep-alives only by the whole stream."""
    piece = b"x" * 100_000
    with pytest.raises(ProviderUnavailable, match="event"):
        decoded(b"data: ", *[piece] * (sse.MAX_EVENT_BYTES // len(piece) + 1))
    keep_alive = (b": " + b"x" * 1000 + b"\n") * 100
    assert decoded(*[keep_alive] * (2 * sse.MAX_EVENT_BYTES // len(keep_alive))) == []
    with pytest.raises(ProviderUnavailable, match="answer"):
        decoded(*[keep_alive] * (sse.MAX_STREAM_BYTES // len(keep_alive) + 1))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.lists(_JSON, max_size=4), st.sampled_from(["\n", "\r\n", "\r"]), st.integers(1, 20))
def test_every_value_arrives_once(values: list[Any], line_end: str, size: int) -> None:
    """In order, with any line ends and cuts."""
    body = "".join(f"data: {json.dumps(value)}{line_end}{line_end}" for value in values).encode()

    assert decoded(*(body[at : at + size] for at in range(0, len(body), size))) == values


@given(st.lists(st.binary(max_size=30) | st.sampled_from([b"data: ", b"\n\n", b"\r", b'{"a":1}'])))
def test_any_bytes_are_decoded_or_a_failure(chunks: list[bytes]) -> None:
    """The only exception is ProviderError."""
    with suppress(ProviderError):
        decoded(*chunks)
