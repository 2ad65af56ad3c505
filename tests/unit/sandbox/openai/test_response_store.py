"""Earlier responses, and requests that refer to them."""

from typing import Any

from sandbox.openai.response_store import ResponseStore, encrypted, readable

USER = {"role": "user", "content": "hi"}
REASONING: dict[str, Any] = {"type": "reasoning", "id": "rs_1", "summary": []}
CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{}"}


def store(*, stored: bool) -> ResponseStore:
    made = ResponseStore()
    made.add("resp_1", [USER], [REASONING, CALL], stored=stored)
    return made


def message(made: ResponseStore, *items: dict[str, Any]) -> str:
    error = next(made.errors(list(items)), None)
    return error.message if error else ""


def test_a_stored_response_can_be_continued() -> None:
    """Its conversation ends with its output."""
    assert store(stored=True).conversation("resp_1") == [USER, REASONING, CALL]
    assert store(stored=False).conversation("resp_1") is None
    assert store(stored=True).resolved([{"type": "item_reference", "id": "fc_1"}]) == [CALL]


def test_reasoning_that_is_not_stored_must_be_sent_back_encrypted() -> None:
    """Its content is verified."""
    sent = {**REASONING, "encrypted_content": encrypted("rs_1")}

    assert message(store(stored=True), REASONING, CALL) == ""
    assert "Items are not persisted" in message(store(stored=False), REASONING, CALL)
    assert message(store(stored=False), sent, CALL) == ""
    assert "could not be verified" in message(store(stored=False), {**sent, "encrypted_content": "abc"}, CALL)
    assert readable(encrypted("a"), "a")


def test_a_call_needs_the_reasoning_that_led_to_it() -> None:
    """Only if it has its id; without one it is a new item."""
    assert "without its required 'reasoning' item: 'rs_1'" in message(store(stored=False), CALL)
    assert message(store(stored=False), {key: value for key, value in CALL.items() if key != "id"}) == ""


def test_unknown_references_are_not_found() -> None:
    """With status 404."""
    error = next(store(stored=True).errors([{"type": "item_reference", "id": "msg_9"}]))

    assert (error.status, error.param) == (404, "input")


def test_old_responses_are_forgotten() -> None:
    """The memory is bounded."""
    made = ResponseStore()
    for number in range(1001):
        made.add(f"resp_{number}", [], [], stored=True)

    assert made.conversation("resp_0") is None
    assert made.conversation("resp_1000") == []
