"""How events become bytes and writes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.openai.faults import QUIRKS
from sandbox.openai.sse import EventEncoder

PAYLOADS = [{"text": "Grüße 😀"}, {"text": "a\nb"}, {"text": ""}]


def writes(*quirks: str, comment: str = "") -> list[bytes]:
    encoder = EventEncoder(quirks, comment)
    found = [write for payload in PAYLOADS for write in encoder.event(payload)]
    return [*found, *encoder.end()]


def parsed(content: bytes) -> list[str]:
    """The data of each event, by the rules of server-sent events."""
    events: list[str] = []
    data: list[str] = []
    for line in content.decode().replace("\r\n", "\n").split("\n"):
        if line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        if not line and data:
            events.append("\n".join(data))
            data = []
    return events


@given(st.sets(st.sampled_from(QUIRKS)))
def test_the_events_are_the_same_in_any_form(quirks: set[str]) -> None:
    """Every combination of quirks can be parsed."""
    events = parsed(b"".join(writes(*quirks)))
    done = [] if "no_done" in quirks else ["[DONE]"]

    assert [json.loads(event) for event in events[: len(PAYLOADS)]] == PAYLOADS
    assert events[len(PAYLOADS) :] == done


def test_bytes_are_split_within_a_character() -> None:
    """Each part alone is not UTF-8."""
    with pytest.raises(UnicodeDecodeError):
        writes("split_utf8")[0].decode()
    assert {len(write) for write in writes("one_byte_writes")} == {1}
    assert len(writes("joined_writes")) < len(PAYLOADS)


def test_a_stream_that_ends_early_has_all_its_events_and_no_mark() -> None:
    """Joined writes lose nothing."""
    encoder = EventEncoder({"joined_writes"})
    assert encoder.event("one") == []
    assert encoder.flush() == [b"data: one\n\n"]
    assert encoder.flush() == []


def test_lines_of_other_forms() -> None:
    """Line ends, comments, other fields, escapes."""
    assert b"\r\n\r\n" in b"".join(writes("crlf"))
    assert writes("no_space")[0].startswith(b"data:{")
    assert writes(comment="BUSY")[0].startswith(b": BUSY\n\n")
    assert b"id: 1\nretry: 3000\n" in writes("event_lines")[0]
    assert b"\\ud83d" in writes("escaped_unicode")[0]
    assert writes("multiline_data")[0].count(b"data:") == 3


def test_an_event_may_have_a_name() -> None:
    """As those of the Responses API."""
    assert EventEncoder(()).event({}, "error") == [b"event: error\ndata: {}\n\n"]
