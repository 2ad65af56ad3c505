"""Histories for property tests: roles in any order, results that are missing, late or of no call."""

from hypothesis import strategies as st

texts = st.text(max_size=12)
ids = st.sampled_from(["", "call_1", "call_1", "a" * 60, "abc123XYZ", "Ünicode id"])
calls = st.builds(
    lambda call_id, arguments, extra: {
        "id": call_id,
        "type": "function",
        "function": {"name": "book", "arguments": arguments},
        **extra,
    },
    ids,
    st.sampled_from(["{}", '{"day": "Monday"}', "{broken", "", "[1]", '"text"', "[" * 3000, '{"a": NaN}']),
    st.sampled_from(
        [
            {},
            {"extra_content": {"google": {"thought_signature": "s"}}},
            {"anthropic": {"thinking": "wrong"}, "gemini": {"thoughtSignature": 5, "id": ""}},
            {"gemini": None, "anthropic": {}},
        ]
    ),
)
messages = st.one_of(
    st.builds(lambda role, text: {"role": role, "content": text}, st.sampled_from(["system", "user"]), texts),
    st.builds(lambda text: {"role": "assistant", "content": text or None}, texts),
    st.builds(
        lambda text, made: {"role": "assistant", "content": text or None, "tool_calls": made},
        texts,
        st.lists(calls, max_size=3),
    ),
    st.builds(lambda i, text: {"role": "tool", "tool_call_id": i, "content": text}, ids, texts),
)
histories = st.lists(messages, max_size=12)
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": description,
            "parameters": {
                "type": "object",
                "properties": {
                    "day": {"type": ["string", "null"], "const": "Monday", "pattern": "^M"},
                    "count": {"type": "integer", "exclusiveMinimum": 0, "default": 1},
                    "tags": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}},
                },
                "anyOf": [{"required": ["day"]}],
                "additionalProperties": False,
                "$schema": "https://json-schema.org/draft/2020-12/schema",
            },
        },
    }
    for name, description in (("book", "Book a visit."), ("find-visit", ""))
]
