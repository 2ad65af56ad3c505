"""Bodies of SynthesizeSpeech are refused as Polly refuses them."""

import json
from typing import Any

import pytest

from sandbox.polly.errors import Rejected
from sandbox.polly.speech_request import SpeechRequest, read_speech_request

BODY = {"Engine": "neural", "OutputFormat": "mulaw", "SampleRate": "8000", "Text": "Hi.", "VoiceId": "Joanna"}


def read(**changes: Any) -> SpeechRequest:
    return read_speech_request(json.dumps({**BODY, **changes}).encode())


def test_a_body_is_read() -> None:
    """Tags are not spoken."""
    assert read() == SpeechRequest("Hi.", "Joanna", "mulaw", 8000)
    assert read(TextType="ssml", Text='<speak>A <break time="1s"/>B</speak>').text == "A B"
    assert read(VoiceId="Kajal", LanguageCode="hi-IN").voice == "Kajal"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"VoiceId": "Anna"}, "ValidationException"),
        ({"VoiceId": None}, "ValidationException"),
        ({"Engine": "flash"}, "ValidationException"),
        ({"Engine": "long-form"}, "EngineNotSupportedException"),
        ({"LanguageCode": "de-DE"}, "LanguageNotSupportedException"),
        ({"SampleRate": "16000"}, "InvalidSampleRateException"),
        ({"LexiconNames": ["x"]}, "LexiconNotFoundException"),
        ({"LexiconNames": "x"}, "ValidationException"),
        ({"LexiconNames": ["not-a-name"]}, "ValidationException"),
        ({"LexiconNames": ["x"] * 6}, "ValidationException"),
        ({"TextType": "html"}, "ValidationException"),
        ({"SpeechMarkTypes": ["word"]}, "MarksNotSupportedForFormatException"),
        ({"Text": "x" * 3001}, "TextLengthExceededException"),
        ({"TextType": "ssml", "Text": "Hi."}, "InvalidSsmlException"),
        ({"TextType": "ssml", "Text": "<speak>A & B</speak>"}, "InvalidSsmlException"),
        ({"TextType": "ssml", "Text": "<p>A</p>"}, "InvalidSsmlException"),
        ({"TextType": "ssml", "Text": "<speak><emphasis>A</emphasis></speak>"}, "InvalidSsmlException"),
        ({"Voice": "Joanna"}, "SerializationException"),
    ],
)
def test_a_wrong_body_is_refused(changes: dict[str, Any], code: str) -> None:
    """With Polly's error code."""
    with pytest.raises(Rejected) as refused:
        read(**changes)
    assert refused.value.code == code


@pytest.mark.parametrize("body", [b"", b"[]", b"{"])
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    """The error code is that of a serialization error."""
    with pytest.raises(Rejected):
        read_speech_request(body)
