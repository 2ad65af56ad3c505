"""Hides the fields of a message that its schema marks as personal or secret, for logs. No I/O."""

from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from parley.v1 import options_pb2

HIDDEN = "***"

_MARKS: tuple[Any, ...] = (options_pb2.personal, options_pb2.secret)


def redacted(message: Message) -> dict[str, Any]:
    """Return the message as a dict, with personal and secret fields hidden."""
    return {field.name: _value(field, value) for field, value in message.ListFields()}


def _value(field: FieldDescriptor, value: Any) -> Any:
    marks = field.GetOptions().Extensions
    if any(marks[mark] for mark in _MARKS):
        return HIDDEN
    if field.message_type is None:
        return value
    if field.is_repeated:
        return [redacted(item) for item in value]
    return redacted(value)
