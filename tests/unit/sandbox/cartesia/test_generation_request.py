"""Messages are refused as Cartesia refuses them."""

import json
from typing import Any

import pytest

from sandbox.cartesia.errors import Rejected
from sandbox.cartesia.generation_request import CancelRequest, GenerationRequest, context_of, read_message
from sandbox.cartesia.voices import OWN_VOICE

MESSAGE: dict[str, Any] = {
    "context_id": "c-1",
    "model_id": "sonic-3.5",
    "transcript": "Hello. ",
    "voice": {"mode": "id", "id": OWN_VOICE},
    "output_format": {"container": "raw", "encoding": "pcm_mulaw", "sample_rate": 8000},
    "continue": True,
}


def read(**changes: Any) -> GenerationRequest | CancelRequest:
    return read_message(json.dumps({**MESSAGE, **changes}))


def test_a_message_is_read() -> None:
    """The default is to wait 3 s for more text."""
    message = read()

    assert isinstance(message, GenerationRequest)
    assert (message.continue_, message.flush, message.max_buffer_delay_ms) == (True, False, 3000)
    assert read_message('{"cancel": true, "context_id": "c-1"}') == CancelRequest("c-1")


@pytest.mark.parametrize(
    ("changes", "code", "reason"),
    [
        ({"context_id": "a.b"}, "", "context_id"),
        ({"context_id": None}, "", "context_id"),
        ({"voice": {"mode": "embedding", "embedding": []}}, "", "voice"),
        ({"voice": {"mode": "id", "id": "anna"}}, "", "not a valid UUID"),
        (
            {"voice": {"mode": "id", "id": "5a5a5a5a-0000-4000-8000-00000000000f"}},
            "voice_not_found",
            "not found",
        ),
        ({"model_id": "sonic-2"}, "model_sunsetted", "no longer available"),
        ({"model_id": "sonic-turbo-2025-06-04"}, "model_sunsetted", "sunsetted"),
        ({"model_id": "sonic-99"}, "model_not_found", "not valid"),
        ({"language": "cy"}, "language_not_supported", "cy"),
        (
            {"output_format": {"container": "wav", "encoding": "pcm_mulaw", "sample_rate": 8000}},
            "",
            "container",
        ),
        ({"output_format": {"container": "raw", "encoding": "mulaw", "sample_rate": 8000}}, "", "encoding"),
        (
            {"output_format": {"container": "raw", "encoding": "pcm_mulaw", "sample_rate": 11025}},
            "",
            "sample",
        ),
        ({"max_buffer_delay_ms": 5001}, "", "max_buffer_delay_ms"),
        ({"generation_config": {"speed": 1.6}}, "", "speed"),
        ({"generation_config": {"volume": 0.1}}, "", "volume"),
        ({"continue": "yes"}, "", "continue"),
        ({"cancel": False}, "", "cancel"),
    ],
)
def test_a_wrong_field_is_refused(changes: dict[str, Any], code: str, reason: str) -> None:
    """The message names it."""
    with pytest.raises(Rejected, match=reason) as refused:
        read(**changes)
    assert refused.value.code == code


@pytest.mark.parametrize("raw", [None, b"{}", "{", "[]", "1"])
def test_what_is_no_json_object_is_refused(raw: str | bytes | None) -> None:
    """Binary frames too."""
    with pytest.raises(Rejected):
        read_message(raw)


def test_a_context_keeps_its_fields() -> None:
    """Only the transcript and the flags of a message may change."""
    first, other = read(), read(language="de")
    assert isinstance(first, GenerationRequest)
    assert isinstance(other, GenerationRequest)
    last = read(transcript="", **{"continue": False}, flush=True)
    assert isinstance(last, GenerationRequest)

    assert first.same_context(last)
    assert not first.same_context(other)


def test_the_context_of_a_refused_message_is_named() -> None:
    """The error event contains it."""
    assert context_of(json.dumps(MESSAGE)) == "c-1"
    assert context_of("{") is None
    assert context_of('{"context_id": 1}') is None
