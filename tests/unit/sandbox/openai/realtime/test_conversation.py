"""The order of the items, and their text for the model."""

from typing import Any

import pytest

from sandbox.openai.realtime.conversation import Conversation, Item, chat_messages, text_of
from sandbox.speech import Word

WORDS = (Word("Of", 0, 80), Word("course.", 120, 400), Word("When?", 440, 640))


def message(item_id: str, role: str = "user", **more: Any) -> Item:
    return Item({"id": item_id, "type": "message", "role": role, "content": []}, **more)


def spoken() -> Conversation:
    conversation = Conversation()
    answer = message("a", "assistant", text="Of course. When?", audio_ms=640, words=WORDS, speaks=True)
    conversation.add(message("u", text="hello"))
    conversation.add(answer)
    return conversation


def test_items_are_inserted_after_others() -> None:
    """At the end, at the beginning, or in between."""
    conversation = Conversation()

    assert conversation.add(message("1")) is None
    assert conversation.add(message("2")) == "1"
    assert conversation.add(message("0"), "root") is None
    assert conversation.add(message("1b"), "1") == "1"
    assert [item.id for item in conversation] == ["0", "1", "1b", "2"]
    conversation.delete("1b")
    assert (conversation.last_id(), conversation.previous_id("2")) == ("2", "1")
    assert conversation.find("1b") is None


@pytest.mark.parametrize(
    ("end_ms", "text"), [(0, ""), (100, "Of"), (410, "Of course."), (640, "Of course. When?")]
)
def test_a_truncated_answer_has_part_of_its_text(end_ms: int, text: str) -> None:
    """The words that ended before; the transcript is deleted."""
    conversation = spoken()
    conversation.truncate("a", end_ms)

    assert chat_messages(tuple(conversation))[1]["content"] == text
    assert conversation.truncate_error("a", 0, end_ms + 1) is not None
    assert conversation.truncate_error("a", 0, end_ms) is None


@pytest.mark.parametrize(
    ("item_id", "index", "end_ms", "code"),
    [
        ("x", 0, 1, "item_truncate_invalid_item_id"),
        ("u", 0, 1, None),
        ("a", 1, 1, "invalid_value"),
        ("a", 0, 641, "invalid_value"),
    ],
)
def test_a_truncation_that_is_refused(item_id: str, index: int, end_ms: int, code: str | None) -> None:
    """Only sent audio of the model can be cut."""
    error = spoken().truncate_error(item_id, index, end_ms)

    assert error is not None
    assert error.code == code


def test_calls_in_succession_are_one_message() -> None:
    """And each output is a message of its own."""
    call = {"type": "function_call", "name": "f", "arguments": "{}"}
    items = [
        Item({"id": "1", **call, "call_id": "c1"}),
        Item({"id": "2", **call, "call_id": "c2"}),
        Item({"id": "3", "type": "function_call_output", "call_id": "c1", "output": "x"}),
    ]

    calls, result = chat_messages(items)
    assert [made["id"] for made in calls["tool_calls"]] == ["c1", "c2"]
    assert result == {"role": "tool", "tool_call_id": "c1", "content": "x"}


def test_the_text_of_a_written_message() -> None:
    """Its parts, in their order."""
    assert text_of({"content": [{"text": "a"}, {"transcript": "b"}, {"image_url": "x"}]}) == "a b"
