"""Fragments of tool calls as servers really send them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.errors import ProviderUnavailable
from services.brain.providers.openai.tool_call_parts import MAX_CALLS, ToolCallParts

TOOLS = ("book_visit", "find_visit", "find")


def part(
    name: str | None = None,
    arguments: Any = None,
    *,
    tool_call_id: Any = None,
    index: Any = None,
    **extra: Any,
) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {
        "id": tool_call_id,
        "index": index,
        "type": "function",
        "function": {key: value for key, value in function.items() if value is not None},
        **extra,
    }


def calls(*events: Any, tools: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """The calls of a stream; each event is a list of fragments, or one fragment."""
    parts = ToolCallParts(tools)
    for event in events:
        parts.add(event if isinstance(event, list) else [event])
    found = parts.finish()
    assert len({call.tool_call_id for call in found}) == len(found), "ids are unique"
    assert all(call.tool_call_id for call in found)
    return [(call.name, call.arguments) for call in found]


A, B = '{"day": "monday"}', '{"day": "friday"}'
TWO = [("book_visit", A), ("find_visit", B)]
SAME_TOOL = [("book_visit", A), ("book_visit", B)]


@pytest.mark.parametrize(
    "events",
    [
        pytest.param(
            [part("book_visit", "", tool_call_id="1", index=0), part(None, A, index=0)], id="standard"
        ),
        pytest.param(
            [part("book_visit", text, tool_call_id="1", index=0) for text in ("", '{"day": ', '"monday"}')],
            id="name repeated",
        ),
        pytest.param(
            [part("book_visit", text, index=None) for text in ('{"day": ', '"monday"}')], id="only the name"
        ),
        pytest.param(
            [
                part("book_visit", '{"day"', tool_call_id="1"),
                part("book_visit", ': "monday"}', tool_call_id="2"),
            ],
            id="new id and name each time",
        ),
        pytest.param(
            [part("book_visit", "", tool_call_id="1", index=0), part(None, A, tool_call_id="2", index=0)],
            id="new id each time",
        ),
        pytest.param(
            [part("book_", tool_call_id="1", index=0), part("vis", index=0), part("it", A, index=0)],
            id="name in fragments",
        ),
        pytest.param(
            [
                part("book", index=0),
                part("book_vis", index=0),
                part("book_visit", index=0),
                part(None, A, index=0),
            ],
            id="cumulative name",
        ),
        pytest.param(
            [part("book_visit", text, index=0) for text in ('{"day": ', '{"day": "mon', A, A)],
            id="cumulative arguments",
        ),
        pytest.param(
            [part("book_visit", "", index=0, tool_call_id="1"), part(None, A, index=1)], id="wandering index"
        ),
        pytest.param([part("book_visit", "{}", index=0), part(None, A, index=0)], id="placeholder"),
        pytest.param([part("book_visit", index=0), part(None, A, tool_call_id="9", index=0)], id="late id"),
        pytest.param([{"name": "book_visit", "arguments": json.loads(A)}], id="flat, with an object"),
        pytest.param([part("book_visit", A, index="0", tool_call_id=7)], id="other types"),
    ],
)
def test_one_call(events: list[Any]) -> None:
    """Repetitions and splits make no difference."""
    assert calls(*events, tools=TOOLS) == [("book_visit", A)]


@pytest.mark.parametrize("index", [0, None, "x", -1, True], ids=str)
@pytest.mark.parametrize("expected", [TWO, SAME_TOOL], ids=["two tools", "same tool"])
@pytest.mark.parametrize("ids", [("1", "2"), ("1", "1"), (None, None)], ids=str)
@pytest.mark.parametrize("together", [True, False])
def test_parallel_calls_without_an_index(
    index: Any, expected: list[tuple[str, str]], ids: tuple[Any, Any], *, together: bool
) -> None:
    """Calls are distinguished by id, else by the completeness of their arguments."""
    parts = [
        part(name, arguments, tool_call_id=tool_call_id, index=index)
        for (name, arguments), tool_call_id in zip(expected, ids, strict=True)
    ]
    assert calls(*([parts] if together else parts)) == expected


@pytest.mark.parametrize("index", [0, None])
@pytest.mark.parametrize("expected", [TWO, SAME_TOOL], ids=["two tools", "same tool"])
def test_interleaved_fragments_are_separated_by_id(index: Any, expected: list[tuple[str, str]]) -> None:
    """Each fragment carries the id of its call."""
    halves = [
        part(name if not begin else None, arguments[begin : begin + 9], tool_call_id=str(number), index=index)
        for begin in (0, 9)
        for number, (name, arguments) in enumerate(expected)
    ]
    assert calls(*halves) == expected


@pytest.mark.parametrize("expected", [TWO, SAME_TOOL], ids=["two tools", "same tool"])
def test_fragments_in_sequence_with_ids_only_at_the_start(expected: list[tuple[str, str]]) -> None:
    """All with index 0; the arguments follow in fragments without an id."""
    events = [
        fragment
        for number, (name, arguments) in enumerate(expected)
        for fragment in (
            part(name, "", tool_call_id=str(number), index=0),
            part(None, arguments[:5], index=0),
            part(None, arguments[5:], index=0),
        )
    ]
    assert calls(*events) == expected


def test_calls_without_arguments() -> None:
    """Two tools without arguments are two calls, in one event or with different ids."""
    expected = [("a", "{}"), ("b", "{}")]
    assert calls([part("a", "", index=0), part("b", "", index=0)]) == expected
    assert calls(part("a", "", tool_call_id="1"), part("b", "", tool_call_id="2")) == expected
    assert calls(part("find", "", index=0), part("book_visit", "", index=0), tools=TOOLS) == [
        ("find", "{}"),
        ("book_visit", "{}"),
    ]


def test_offered_tools_decide_about_a_second_name() -> None:
    """`find` and `_visit` are one tool if there is one of that name."""
    assert calls(part("find", "", index=0), part("_visit", A, index=0), tools=TOOLS) == [("find_visit", A)]


def test_unknown_fields_are_retained() -> None:
    """Also those of the function, and those that come later without anything else."""
    parts = ToolCallParts()
    signature = {"google": {"thought_signature": "c2ln"}}
    parts.add([part("book_visit", A, index=0, tool_call_id="1", extra_content=signature, empty=None)])
    parts.add([{"index": 0, "function": {"strict": True}, "extra_content": {"google": {"n": float("nan")}}}])

    (call,) = parts.finish()
    assert call.extra == {
        "extra_content": {"google": {"thought_signature": "c2ln", "n": None}},
        "function": {"strict": True},
    }


def test_calls_are_bounded() -> None:
    """An answer with too many calls, or endless arguments, is a failure."""
    with pytest.raises(ProviderUnavailable):
        calls(*(part("a", "{}", tool_call_id=str(n)) for n in range(MAX_CALLS + 1)))
    with pytest.raises(ProviderUnavailable):
        calls(*(part("a", "x" * 100_000, index=0) for _ in range(3)))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_FRAGMENT = st.fixed_dictionaries(
    {},
    optional={
        "id": _JSON | st.sampled_from(["1", "2"]),
        "index": _JSON | st.sampled_from([0, 1]),
        "function": _JSON
        | st.fixed_dictionaries(
            {}, optional={"name": _JSON | st.just("a"), "arguments": _JSON | st.just("{}")}
        ),
        "name": _JSON,
        "x": _JSON,
    },
)


@given(st.lists(st.lists(_JSON | _FRAGMENT, max_size=3), max_size=5))
def test_anything_can_be_serialized(events: list[list[Any]]) -> None:
    """No fragment raises an exception, and ids are unique."""
    parts = ToolCallParts()
    for event in events:
        parts.add(event)
    found = parts.finish()

    assert len({call.tool_call_id for call in found}) == len(found)
    for call in found:
        json.dumps(dict(call.extra), allow_nan=False).encode()
        f"{call.tool_call_id}{call.name}{call.arguments}".encode()
