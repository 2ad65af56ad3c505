"""Client messages as serialised by the types of ElevenLabs' SDK."""

from contextlib import suppress
from typing import Any

import pytest
from elevenlabs import types
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from sandbox.elevenlabs.client_message import DEFAULT_SCHEDULE, Rejected, read_message

SETTINGS = types.RealtimeVoiceSettings(stability=0.5, similarity_boost=0.8, speed=1.0)
SCHEDULE = types.GenerationConfig(chunk_length_schedule=[50, 90])


@pytest.mark.parametrize(
    "message",
    [
        types.InitializeConnection(voice_settings=SETTINGS, generation_config=SCHEDULE),
        types.InitializeConnectionMulti(context_id="a", voice_settings=SETTINGS, xi_api_key="k"),
        types.SendText(text="Hello. ", try_trigger_generation=True),
        types.SendTextMulti(text="Hello. ", context_id="a", flush=True),
        types.KeepContextAlive(context_id="a"),
        types.FlushContext(context_id="a", flush=True),
        types.CloseContext(context_id="a", close_context=True),
        types.CloseSocket(close_socket=True),
        types.CloseConnection(),
        types.WebsocketTtsClientMessageMulti(text=None, flush=True),
    ],
    ids=lambda message: type(message).__name__,
)
@pytest.mark.parametrize("nulls", [True, False])
def test_every_message_type_of_the_sdk_is_parsed(message: BaseModel, nulls: bool) -> None:
    """Empty fields may be null or missing."""
    read = read_message(message.model_dump_json(by_alias=True, exclude_none=not nulls))

    for name in ("text", "context_id", "flush", "close_context", "close_socket"):
        assert getattr(read, name) == getattr(message, name, None)


def test_the_schedule_defaults_to_elevenlabs_own() -> None:
    """A client may set its own schedule."""
    message = read_message('{"text":" ","generation_config":{"chunk_length_schedule":[50, 90.5]}}')

    assert message.schedule == (50, 90.5)
    assert read_message('{"text":" ","generation_config":{}}').schedule == DEFAULT_SCHEDULE


@pytest.mark.parametrize(
    "raw",
    [
        None,
        b"{}",
        "{",
        "[]",
        "5",
        '{"text":5}',
        '{"text":"x","flush":"yes"}',
        '{"text":"x","context_id":["a"]}',
        '{"text":" ","generation_config":{"chunk_length_schedule":[10]}}',
        "[" * 100_000,
    ],
)
def test_a_message_that_does_not_match_the_schema_is_rejected(raw: Any) -> None:
    """The rejection has ElevenLabs' error code."""
    with pytest.raises(Rejected) as raised:
        read_message(raw)

    assert raised.value.code == "invalid_input_message"


@given(st.text() | st.dictionaries(st.text(), st.integers() | st.text() | st.none()).map(str))
def test_no_frame_crashes_the_parser(raw: str) -> None:
    """Any text is parsed or rejected."""
    with suppress(Rejected):
        read_message(raw)
