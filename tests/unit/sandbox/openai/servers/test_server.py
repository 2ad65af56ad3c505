"""The checks that all servers share."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.openai.servers.registry import SERVERS
from sandbox.openai.servers.server import Server, adapted, parameters_of, structure_errors
from sandbox.openai.wire import Chunk
from tests.unit.sandbox.openai.bodies import JSON, MESSAGE, TOOL_LIKE, USER, body


@pytest.mark.parametrize(
    ("bad", "param"),
    [
        ([], "body"),
        ({"messages": [USER]}, "model"),
        ({"model": "m"}, "messages"),
        (body(), "messages"),
        (body({"content": "x"}), "messages[0].role"),
        (body({"role": "user", "content": ["x"]}), "messages[0].content[0]"),
        (body({"role": "assistant", "tool_calls": [{"id": "1"}]}), "messages[0].tool_calls[0].function"),
        (body(USER, stream=1), "stream"),
        (body(USER, tools=[{}]), "tools[0].function"),
    ],
)
def test_the_types_are_checked(bad: Any, param: str) -> None:
    """Every server needs them."""
    assert next(structure_errors(bad)).param == param


@given(
    st.sampled_from(sorted(SERVERS)),
    JSON
    | st.lists(MESSAGE, max_size=3).map(lambda messages: body(*messages))
    | st.lists(TOOL_LIKE, max_size=2).map(lambda tools: body(USER, tools=tools))
    | st.dictionaries(
        st.sampled_from(["user", "n", "tool_choice", "max_tokens", "reasoning_effort"]), JSON
    ).map(lambda more: body(USER, **more)),
)
def test_no_body_crashes_a_server(name: str, anything: Any) -> None:
    """Any JSON is accepted or refused."""
    server = SERVERS[name]
    if next(structure_errors(anything), None) is None:
        next(server.refusals(anything), None)
    server.refusal(next(structure_errors({})))


def test_only_json_is_changed() -> None:
    """Raw bytes and actions are not the server's JSON."""
    server = Server("x", (), lambda _: iter(()), adapt=lambda data: {**data, "x": 1})
    found = list(adapted(server, iter([Chunk({"a": 1}, token=2), Chunk(raw=b"z"), Chunk(action="hang")])))

    assert (found[0].data, found[0].token) == ({"a": 1, "x": 1}, 2)
    assert (found[1].raw, found[2].action) == (b"z", "hang")


def test_parameters_are_read_from_the_file() -> None:
    """Each server has a list of its own."""
    assert "messages" in parameters_of("mistral")
    assert "user" not in parameters_of("mistral")
