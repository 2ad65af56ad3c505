"""Chunks of the chat completions protocol, as servers really send them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.errors import ProviderError, ProviderRateLimited, ProviderUnavailable
from parley.providers.llm import Done, LlmEvent, TextDelta, ToolCallRequest
from services.brain.providers.openai.chat_reader import ChatReader


def chunk(delta: Any, finish_reason: Any = None, **choice: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason, **choice}]}


def text(content: Any, finish_reason: Any = None) -> dict[str, Any]:
    return chunk({"content": content}, finish_reason)


END = chunk({}, "stop")


def answer(*events: Any, thinks_first: bool = False) -> tuple[str, list[str], str]:
    """Text, tool names and finish reason of an answer."""
    reader = ChatReader(thinks_first=thinks_first)
    found: list[LlmEvent] = [event for item in events for event in reader.read(item)]
    *found, done = [*found, *reader.finish()]
    assert isinstance(done, Done)
    texts = [event.text for event in found if isinstance(event, TextDelta)]
    return "".join(texts), [e.name for e in found if isinstance(e, ToolCallRequest)], done.reason


HELLO = [text("Hel"), text("lo"), END]
NOISE: list[Any] = [
    {"choices": [{"index": 0, "delta": None, "finish_reason": None, "content_filter_results": {}}]},
    {"choices": [{"index": 0, "finish_reason": None, "content_filter_offsets": {"start_offset": 1}}]},
    {"choices": [{"delta": "text"}]},
    {"choices": [{"delta": []}]},
    {"choices": [], "prompt_filter_results": [{"prompt_index": 0}]},
    {"choices": [], "usage": {"prompt_tokens": 1}},
    {"choices": None},
    {"choices": [None, 5]},
    {"choices": "x"},
    {"choices": [{"index": 1, "delta": {"content": "other"}}]},
    chunk({"role": "assistant", "content": None}),
    chunk({"content": {}}),
    chunk({"content": []}),
    chunk({"content": True}),
    chunk({"tool_calls": None, "function_call": None}),
    chunk({"tool_calls": [None, 5, "x", {}]}),
    chunk({"tool_calls": "x"}),
    chunk({"reasoning_content": "They want"}),
    chunk({"reasoning": "They want", "reasoning_details": [{"text": "x"}]}),
    chunk({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "They want"}]}]}),
    {"object": "ping"},
    {"id": 5, "error": None, "type": None},
    None,
    [],
    "text",
    5,
    1.5,
    True,
]


@pytest.mark.parametrize("noise", NOISE, ids=repr)
@pytest.mark.parametrize("at", range(4))
def test_chunks_without_content_change_nothing(noise: Any, at: int) -> None:
    """Anywhere in the stream."""
    assert answer(*HELLO[:at], noise, *HELLO[at:]) == ("Hello", [], "stop")


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([text("Hello", "stop")], id="all in one"),
        pytest.param([text("Hello"), END, END], id="repeated finish reason"),
        pytest.param([text("Hel", "stop"), text("lo", "stop")], id="finish reason with each chunk"),
        pytest.param([text("Hel"), END, text("lo")], id="text after the finish reason"),
        pytest.param(
            [
                {
                    "object": "chat.completion",
                    "choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}],
                }
            ],
            id="not streamed",
        ),
        pytest.param([*HELLO, {"choices": [{"message": {"content": "Hello"}}]}], id="message at the end"),
        pytest.param([text([{"type": "text", "text": "Hel"}, "lo"]), END], id="parts"),
        pytest.param([chunk({"refusal": "Hello"}), END], id="refusal"),
        pytest.param([{"choices": {"delta": {"content": "Hello"}, "finish_reason": "stop"}}], id="no list"),
        pytest.param([{"choices": [{"text": "Hello", "finish_reason": "stop"}]}], id="completions"),
        pytest.param(
            [{"choices": [{"delta": {"content": "Hello"}}, *[{"delta": {"content": "x"}}] * 2]}, END], id="n"
        ),
        pytest.param([text("<think>Hm."), text("</think>\n\nHello"), END], id="reasoning in the text"),
    ],
)
def test_other_forms_of_the_same_answer(events: list[Any]) -> None:
    """The text is emitted once."""
    assert answer(*events) == ("Hello", [], "stop")


@pytest.mark.parametrize("reason", ["length", "content_filter", "tool_calls", "some_new_reason"])
def test_an_empty_answer_has_its_reason(reason: str) -> None:
    """The caller of the reader decides about it."""
    assert answer(chunk({"reasoning_content": "Hm."}), chunk({}, reason)) == ("", [], reason)


@pytest.mark.parametrize("reason", [None, "", "null", 5, [], {}])
def test_without_a_finish_reason_the_answer_is_incomplete(reason: Any) -> None:
    """Unless the stream had its end mark."""
    reader = ChatReader()
    reader.read(text("Hello", reason))
    assert reader.end_grace_s is None
    with pytest.raises(ProviderUnavailable, match="finish reason"):
        reader.finish()
    assert reader.finish(marked=True)[-1] == Done("stop")


def test_a_legacy_function_call() -> None:
    """Its fragments have no id and no index."""
    events = [
        chunk({"function_call": {"name": "book", "arguments": "{"}}),
        chunk({"function_call": {"arguments": "}"}}),
    ]

    assert answer(*events, chunk({}, "function_call")) == ("", ["book"], "function_call")


def test_calls_of_a_message_are_not_added_to_those_of_deltas() -> None:
    """A last chunk may repeat them all."""
    calls = [{"function": {"name": name, "arguments": "{}"}} for name in ("a", "b")]
    deltas = [chunk({"tool_calls": [{"index": at, **call}]}) for at, call in enumerate(calls)]
    message = {"choices": [{"message": {"tool_calls": calls}, "finish_reason": "tool_calls"}]}

    assert answer(message) == answer(*deltas, message) == ("", ["a", "b"], "tool_calls")


def test_errors_are_raised() -> None:
    """At any level of a chunk."""
    with pytest.raises(ProviderRateLimited):
        ChatReader().read({"error": {"code": 429}, "choices": [{"finish_reason": "error"}]})
    with pytest.raises(ProviderRateLimited):
        ChatReader().read({"choices": [{"error": {"code": 429}}]})
    with pytest.raises(ProviderUnavailable):
        ChatReader().read(chunk({}, "error"))


def test_what_counts_as_content() -> None:
    """Text and tool calls, not reasoning: a time limit depends on it."""
    reader = ChatReader()
    for event, pieces, in_tool_call in [
        (chunk({"reasoning_content": "Hm."}), 0, False),
        (text("<think>Hm."), 0, False),
        (text("</think>\n"), 0, False),
        (text("Hello."), 1, False),
        (chunk({"tool_calls": [{"index": 0, "function": {"name": "a"}}]}), 2, True),
        (chunk({"tool_calls": [{"index": 0, "function": {"arguments": ""}}]}), 2, True),
        (chunk({"tool_calls": [{"index": 0, "function": {"arguments": "{"}}]}), 3, True),
    ]:
        reader.read(event)
        assert (reader.pieces.count, reader.pieces.in_tool_call) == (pieces, in_tool_call), event


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def shaped(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return _JSON | st.fixed_dictionaries({}, optional={name: _JSON | value for name, value in fields.items()})


_CALL = shaped(
    index=st.sampled_from([0, 1]),
    id=st.sampled_from(["1", "2"]),
    function=shaped(name=st.sampled_from(["a", "b"]), arguments=st.sampled_from(["{", "}", "{}", '{"a":1}'])),
)
_DELTA = shaped(
    content=st.text(st.characters(), max_size=8)
    | st.sampled_from(["<think>", "</think>", "<", "\ud83d", "\0"]),
    refusal=st.text(max_size=3),
    tool_calls=st.lists(_CALL, max_size=3),
    function_call=_CALL,
    reasoning_content=st.text(max_size=3),
)
_CHOICE = shaped(
    delta=_DELTA, message=_DELTA, index=st.just(0), finish_reason=st.sampled_from(["stop", "length"])
)
_EVENT = shaped(choices=st.lists(_CHOICE, max_size=2), error=st.none())


@given(st.lists(_EVENT, max_size=8))
def test_any_sequence_is_an_answer_or_a_failure(events: list[Any]) -> None:
    """The only exception is ProviderError, and every event can be serialized."""
    reader = ChatReader()
    try:
        found = [event for item in events for event in reader.read(item)] + reader.finish(marked=True)
    except ProviderError as error:
        error.reason.encode()
        return
    assert [type(event) for event in found].count(Done) == 1
    for event in found:
        if isinstance(event, ToolCallRequest):
            json.dumps(dict(event.extra), allow_nan=False)
        repr_of_fields = (getattr(event, name) for name in event.__slots__ if name != "extra")
        assert all("\0" not in value for value in repr_of_fields if value.encode() or True)


_PIECES = st.lists(
    st.text(st.characters(exclude_characters="<[{◁\0", exclude_categories=["Cs"]), min_size=1), max_size=6
)


@given(_PIECES, st.lists(st.tuples(st.integers(0, 8), st.sampled_from(NOISE)), max_size=5))
def test_text_among_noise_is_emitted_exactly_once(pieces: list[str], noise: list[tuple[int, Any]]) -> None:
    """Each piece begins with its number, so that none extends another one."""
    pieces = [f"{number} {piece}" for number, piece in enumerate(pieces)]
    events: list[Any] = [*map(text, pieces), END]
    for at, item in noise:
        events.insert(min(at, len(events)), item)

    assert answer(*events)[0] == "".join(pieces)


def test_a_call_that_the_model_wrote_as_text() -> None:
    """It is a tool call, and the text before it is spoken."""
    reader = ChatReader(["find"])
    found = [
        event
        for item in (text("Yes. <tool_"), text('call>{"name": "find"'), text("}"), END)
        for event in reader.read(item)
    ]
    assert reader.pieces.in_tool_call
    assert found == [TextDelta("Yes. ")]
    call, done = reader.finish()
    assert isinstance(call, ToolCallRequest)
    assert (call.name, call.arguments, done) == ("find", "{}", Done("stop"))


def test_a_last_chunk_with_the_whole_text() -> None:
    """Read once."""
    assert (
        answer(text("Hello, "), text("who is it?"), text("Hello, who is it?", "stop"))[0]
        == "Hello, who is it?"
    )


@pytest.mark.parametrize("reason", ["abort", "network_error"])
def test_a_finish_reason_of_a_failure(reason: str) -> None:
    """The answer was not completed."""
    with pytest.raises(ProviderUnavailable):
        answer(text("Hello"), chunk({}, reason))
