"""Media stream messages in both directions."""

import base64
import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.twilio import media_messages
from sandbox.twilio.media_messages import Clear, Mark, Media, MessageError, parse

SID = "MZ" + "0" * 32


def test_start_names_the_call_and_its_parameters() -> None:
    """Each field is as in a real stream."""
    message = json.loads(media_messages.start("AC1", "CA1", SID, ("inbound",), {"agent": "clinic"}))

    assert message == {
        "event": "start",
        "sequenceNumber": "1",
        "streamSid": SID,
        "start": {
            "accountSid": "AC1",
            "streamSid": SID,
            "callSid": "CA1",
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": {"agent": "clinic"},
        },
    }


def test_media_has_strings_for_numbers() -> None:
    """Sequence number, chunk and timestamp are strings."""
    message = json.loads(media_messages.media(SID, 2, "inbound", 1, 70, b"\xff" * 160))

    assert message == {
        "event": "media",
        "sequenceNumber": "2",
        "streamSid": SID,
        "media": {
            "track": "inbound",
            "chunk": "1",
            "timestamp": "70",
            "payload": base64.b64encode(b"\xff" * 160).decode(),
        },
    }


def test_dtmf_mark_and_stop_have_the_fields_of_a_real_stream() -> None:
    """Their fields are those of a real stream."""
    assert json.loads(media_messages.dtmf(SID, 5, "1"))["dtmf"] == {"track": "inbound_track", "digit": "1"}
    assert json.loads(media_messages.mark(SID, 4, 'a "b"'))["mark"] == {"name": 'a "b"'}
    stop = json.loads(media_messages.stop("AC1", "CA1", SID, 6))
    assert (stop["sequenceNumber"], stop["stop"]) == ("6", {"accountSid": "AC1", "callSid": "CA1"})


def test_messages_from_the_server_are_parsed() -> None:
    """Media, mark and clear are parsed."""
    payload = base64.b64encode(b"abc").decode()
    media = {"event": "media", "streamSid": SID, "media": {"payload": payload}}
    mark = {"event": "mark", "streamSid": SID, "mark": {"name": "m"}}

    assert parse(json.dumps(media), SID) == Media(b"abc")
    assert parse(json.dumps(mark), SID) == Mark("m")
    assert parse(json.dumps({"event": "clear", "streamSid": SID}), SID) == Clear()


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"\x00", 31950),
        ("no JSON", 31951),
        ("[]", 31951),
        ('{"event":"dance"}', 31951),
        (f'{{"event":"clear","streamSid":"{SID}","extra":1}}', 31951),
        ('{"event":"clear"}', 31951),
        ('{"event":"clear","streamSid":"MZother"}', 31951),
        (f'{{"event":"media","streamSid":"{SID}","media":{{"payload":"!!"}}}}', 31951),
        (f'{{"event":"media","streamSid":"{SID}","media":"x"}}', 31951),
        (f'{{"event":"media","streamSid":"{SID}","media":{{"payload":"","track":"inbound"}}}}', 31951),
        (f'{{"event":"mark","streamSid":"{SID}","mark":{{"name":1}}}}', 31951),
    ],
)
def test_invalid_messages_have_codes(message: str | bytes, code: int) -> None:
    """Twilio ignores such messages with a warning."""
    with pytest.raises(MessageError) as caught:
        parse(message, SID)

    assert caught.value.code == code


@given(st.one_of(st.text(), st.binary(), st.recursive(st.none(), st.lists).map(json.dumps)))
def test_any_message_is_parsed_or_rejected(message: str | bytes) -> None:
    """No other exception is raised."""
    with contextlib.suppress(MessageError):
        parse(message, SID)


def test_deep_nesting_is_rejected() -> None:
    """A message with 100 000 levels is rejected."""
    with pytest.raises(MessageError):
        parse("[" * 100_000, SID)
