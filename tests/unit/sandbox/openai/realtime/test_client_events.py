"""Events that a client sends, and those that are refused."""

import json
from typing import Any, get_args

import pytest
from openai.types.realtime import RealtimeClientEvent

from sandbox.openai.realtime.client_events import EVENTS, parse

USER = {"type": "message", "role": "user"}
WEBRTC_ONLY = {"output_audio_buffer.clear"}


def test_all_events_of_the_library_are_supported() -> None:
    """But for those of WebRTC."""
    types = [made.model_fields for made in get_args(get_args(RealtimeClientEvent)[0])]
    library = {get_args(fields["type"].annotation)[0]: set(fields) for fields in types}

    assert set(EVENTS) == set(library) - WEBRTC_ONLY
    for name, shape in EVENTS.items():
        assert set(shape.fields) == library[name]


@pytest.mark.parametrize(
    ("text", "code", "param"),
    [
        ('{"type": "response.create"}', None, None),
        ("{no JSON", "invalid_json", None),
        ("[]", "invalid_event", None),
        ("{}", "missing_required_parameter", "type"),
        ('{"type": 5}', "invalid_type", "type"),
        ('{"type": "no"}', "invalid_value", "type"),
        ('{"type": "response.cancel", "id": "x"}', "unknown_parameter", "id"),
        (
            '{"type": "response.create", "response": {"output_modalities": []}}',
            "invalid_value",
            "response.output_modalities",
        ),
    ],
)
def test_the_error_of_a_frame(text: str, code: str | None, param: str | None) -> None:
    """A valid event has none."""
    _, error = parse(text)

    assert (error and (error.code, error.param)) == (code and (code, param))


@pytest.mark.parametrize(
    ("item", "param"),
    [
        ({**USER, "content": [{"type": "input_text", "text": "x"}]}, None),
        ({**USER, "content": [{"type": "output_text", "text": "x"}]}, "item.content[0].type"),
        ({**USER, "content": [{"type": "input_text"}]}, "item.content[0].text"),
        ({**USER, "id": "x" * 33, "content": []}, "item.id"),
        (
            {"type": "message", "role": "assistant", "content": [{"type": "output_audio"}]},
            "item.content[0].type",
        ),
        ({"type": "function_call_output", "output": "x"}, "item.call_id"),
        ({"type": "other"}, "item.type"),
    ],
)
def test_the_parts_of_an_item_depend_on_its_role(item: dict[str, Any], param: str | None) -> None:
    """The model's audio cannot be added by a client."""
    _, error = parse(json.dumps({"type": "conversation.item.create", "item": item}))

    assert (error and error.param) == param
