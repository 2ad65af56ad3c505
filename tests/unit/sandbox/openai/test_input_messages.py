"""The conversation of a Responses request as chat messages."""

from sandbox.openai.input_messages import chat_messages, items_of


def test_items_become_messages() -> None:
    """Calls in succession are one message; reasoning is left out."""
    call = {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"}
    found = chat_messages(
        [
            {"role": "user", "content": [{"type": "input_text", "text": "hi"}]},
            {"type": "reasoning", "id": "rs_1", "summary": []},
            call,
            {**call, "call_id": "2"},
            {"type": "function_call_output", "call_id": "1", "output": "a"},
            {"type": "function_call_output", "call_id": "2", "output": [{"type": "input_text", "text": "b"}]},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "done"}]},
        ]
    )

    assert [message["role"] for message in found] == ["user", "assistant", "tool", "tool", "assistant"]
    assert [called["id"] for called in found[1]["tool_calls"]] == ["1", "2"]
    assert [message["content"] for message in found] == ["hi", None, "a", "b", "done"]


def test_a_text_is_a_message_of_the_user() -> None:
    """A list stays a list."""
    assert items_of("hi") == [{"role": "user", "content": "hi"}]
    assert items_of([]) == []
