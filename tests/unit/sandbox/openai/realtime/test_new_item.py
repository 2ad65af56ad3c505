"""Items that a client adds."""

import base64
from typing import Any

import pytest

from sandbox import tone
from sandbox.openai.realtime.conversation import Conversation
from sandbox.openai.realtime.new_item import new_item

PCMU = {"type": "audio/pcmu"}
SPEECH = tone.encode("hi").mulaw
USER = {"type": "message", "role": "user"}


def test_the_audio_of_an_item_is_decoded() -> None:
    """And not shown in events."""
    part = {"type": "input_audio", "audio": base64.b64encode(SPEECH).decode()}
    made, error = new_item({**USER, "content": [part]}, Conversation(), PCMU)

    assert error is None
    assert made.audio is not None
    assert (made.audio.mulaw, made.item.audio_ms) == (SPEECH, 80)
    assert made.item.data["content"] == [{"type": "input_audio"}]
    assert made.item.data["status"] == "completed"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({**USER, "id": "known", "content": []}, "item_create_duplicate_item_id"),
        ({"type": "function_call_output", "call_id": "c2", "output": "x"}, "invalid_tool_call_id"),
        ({**USER, "content": [{"type": "input_audio", "audio": "!"}]}, "invalid_value"),
    ],
)
def test_an_item_that_is_refused(given: dict[str, Any], code: str) -> None:
    """An output needs a call of the conversation."""
    conversation = Conversation()
    call = {"id": "known", "type": "function_call", "name": "f", "arguments": "{}", "call_id": "c1"}
    made, _ = new_item(call, conversation, PCMU)
    conversation.add(made.item)
    output = {"type": "function_call_output", "call_id": "c1", "output": "x"}

    error = new_item(given, conversation, PCMU)[1]
    assert error is not None
    assert error.code == code
    assert new_item(output, conversation, PCMU)[1] is None
