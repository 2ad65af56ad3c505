"""The interface for tools that are Python functions: the call's data, and failures with a reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field

ENTRY_POINT_GROUP = "parley.tools"


@dataclass(frozen=True, slots=True)
class CallInfo:
    """The call in which a tool runs; a function gets it if a parameter has this type."""

    call_sid: str
    caller: str = ""
    """The other party's number in E.164, or a SIP address; empty if it is withheld."""
    called: str = ""
    direction: str = "inbound"
    """`inbound` or `outbound`."""
    agent: str = ""
    """Name of the agent."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Custom parameters of the call."""
    idempotency_key: str = ""
    """Equal for each repetition of the same request, as after a takeover: do the work once for each key."""


class ToolError(Exception):
    """A tool cannot do what was requested; the model receives the text, and explains it to the caller."""
