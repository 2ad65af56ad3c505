"""The data of a call that an agent's texts may contain. No I/O."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from parley.v1.call_pb2 import DIRECTION_OUTBOUND
from parley.v1.event_pb2 import Event

MAX_PARAMETERS = 50
MAX_VALUE_CHARS = 1000
PARAMETER_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
"""Twilio's own parameters begin with a capital letter, so they are never taken for one of the user's."""


_BRACES = str.maketrans("{}", "()")


@dataclass(frozen=True, slots=True)
class CallData:
    """The data of a call at its start. They never change, so each stage renders the same texts."""

    call_sid: str = ""
    caller_number: str = ""
    called_number: str = ""
    direction: str = "inbound"
    """`inbound` or `outbound`."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """By the request that placed or routed the call."""
    started_at_us: int = 0
    """UTC wall clock, microseconds."""


def call_data(started: Event) -> CallData:
    """Return the data of the call that an event call.started begins."""
    body = started.call_started
    return CallData(
        started.call_sid,
        one_line(body.from_number),
        one_line(body.to_number),
        "outbound" if body.direction == DIRECTION_OUTBOUND else "inbound",
        {name: one_line(value) for name, value in body.parameters.items()},
        started.sent_at_us,
    )


def one_line(value: str) -> str:
    """Return a value without line breaks and control characters, with which it could imitate a prompt.

    Braces become parentheses, so that a rendered text is never a template.
    """
    printable = "".join(char if char.isprintable() else " " for char in value[:MAX_VALUE_CHARS])
    return " ".join(printable.translate(_BRACES).split())
