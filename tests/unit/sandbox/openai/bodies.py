"""Parts of request bodies, shared by the tests of the OpenAI emulator."""

from typing import Any

from hypothesis import strategies as st

USER = {"role": "user", "content": "hi"}
CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CALLING = {"role": "assistant", "content": None, "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "1", "content": "{}"}
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
TOOL = {"type": "function", "function": {"name": "f", "description": "Does f.", "parameters": SCHEMA}}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
"""Any JSON value."""
MESSAGE = st.fixed_dictionaries(
    {},
    optional={
        "role": st.sampled_from(["system", "user", "assistant", "tool"]) | JSON,
        "content": JSON,
        "tool_calls": st.lists(
            st.fixed_dictionaries(
                {},
                optional={
                    "id": JSON,
                    "type": st.just("function") | JSON,
                    "function": st.fixed_dictionaries({}, optional={"name": JSON, "arguments": JSON}) | JSON,
                },
            )
        )
        | JSON,
        "tool_call_id": JSON,
    },
)
"""A message whose fields may have any type."""
TOOL_LIKE = st.fixed_dictionaries(
    {},
    optional={
        "type": st.just("function") | JSON,
        "name": JSON,
        "function": st.fixed_dictionaries({}, optional={"name": JSON, "parameters": JSON, "strict": JSON})
        | JSON,
    },
)
"""A tool whose fields may have any type."""


def body(*messages: Any, **more: Any) -> dict[str, Any]:
    """A request body of Chat Completions."""
    return {"model": "m", "messages": list(messages), **more}
