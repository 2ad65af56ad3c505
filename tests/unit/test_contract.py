"""The contract: messages round-trip, generated code is current, unknown fields and events are tolerated."""

import importlib.resources
import runpy
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from grpc_tools import protoc

from parley.bus.subjects import call_event
from parley.events.envelope import Body, event_body, event_name, parse, wrap
from parley.telemetry.redaction import HIDDEN, redacted
from parley.v1 import call_pb2, options_pb2
from parley.v1.event_pb2 import Event

ROOT = Path(__file__).parents[2]
BODIES = [field.name for field in Event.DESCRIPTOR.oneofs_by_name["body"].fields]


def _filled(name: str) -> Body:
    """A body with a value in each of its fields."""
    event = Event()
    body: Body = getattr(event, name)
    body.SetInParent()
    for field in body.DESCRIPTOR.fields:
        _fill(body, field)
    return body


def _fill(message: Message, field: Any) -> None:
    if field.is_repeated:
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            getattr(message, field.name)["private"] = "private"
        elif field.message_type is not None:
            item = getattr(message, field.name).add()
            for inner in item.DESCRIPTOR.fields:
                _fill(item, inner)
        return
    value: object = {
        FieldDescriptor.CPPTYPE_STRING: "private",
        FieldDescriptor.CPPTYPE_BOOL: True,
        FieldDescriptor.CPPTYPE_FLOAT: 0.5,
    }.get(field.cpp_type, 1)
    setattr(message, field.name, b"x" if field.type == FieldDescriptor.TYPE_BYTES else value)


@pytest.mark.parametrize("name", BODIES)
def test_every_event_round_trips(name: str) -> None:
    """A stage can read what another stage wrote."""
    body = _filled(name)
    event = wrap(body, call_sid="CA1", stage="stt", epoch=2, sequence=3, sent_at_us=4, traceparent="t")

    read = parse(event.SerializeToString())

    assert read == event
    assert event_body(event) == body
    assert event_name(body) == name
    assert event.id == "stt-2-3"
    assert call_event("CA1", name) == f"call.CA1.{name.replace('_', '.')}"


@pytest.mark.parametrize("name", BODIES)
def test_personal_fields_never_reach_a_log(name: str) -> None:
    """The redactor hides each field that the schema marks, at any depth."""
    body = _filled(name)

    shown = redacted(body)

    marked = [
        field.name
        for field in body.DESCRIPTOR.fields
        if field.GetOptions().Extensions[options_pb2.personal]  # type: ignore[index]
    ]
    assert all(shown[field] == HIDDEN for field in marked)
    assert "words" not in shown or "private" not in str(shown["words"])


def test_an_unknown_event_is_tolerated() -> None:
    """An event of a later version is parsed as one without a body, and is kept whole."""
    later = Event(id="brain-1-1", call_sid="CA1", stage="brain", epoch=1).SerializeToString()
    field_4000_length_delimited = b"\x82\xfa\x01\x03abc"

    event = parse(later + field_4000_length_delimited)

    assert event is not None
    assert event_body(event) is None
    assert event.SerializeToString().endswith(field_4000_length_delimited)


def test_an_unknown_field_is_tolerated() -> None:
    """The other fields of the event are read."""
    ended = call_pb2.CallEnded(reason="hangup").SerializeToString() + b"\x82\xfa\x01\x03abc"

    assert call_pb2.CallEnded.FromString(ended).reason == "hangup"


def test_bytes_that_are_not_an_event_give_none() -> None:
    """Invalid bytes on the bus raise no exception."""
    assert parse(b"\xff\xff\xff") is None


def test_generated_code_is_current(tmp_path: Path) -> None:
    """`make proto` would change nothing."""
    protos = sorted((ROOT / "proto/parley/v1").glob("*.proto"))
    standard = importlib.resources.files("grpc_tools") / "_proto"
    options = [
        f"-I{ROOT / 'proto'}",
        f"-I{standard}",
        f"--python_out={tmp_path}",
        f"--pyi_out={tmp_path}",
    ]
    assert protoc.main(["protoc", *options, *map(str, protos)]) == 0

    for made in (tmp_path / "parley/v1").iterdir():
        assert made.read_text() == (ROOT / "parley/v1" / made.name).read_text(), (
            f"{made.name}: run `make proto`"
        )


def test_the_events_page_is_current() -> None:
    """`make docs` would change nothing."""
    page = runpy.run_path(str(ROOT / "proto" / "make_docs.py"))["page"]

    assert (ROOT / "docs" / "events.md").read_text("utf-8") == page()
