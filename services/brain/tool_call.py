"""A tool call of the model, as the conversation keeps it. No I/O, no clock."""

import json
import re
from dataclasses import dataclass

from parley.v1 import reply_pb2
from services.brain.tool_arguments import NO_ARGUMENTS, arguments_problem, legal_name

_REPETITION = re.compile(r"(?<=-[0-9a-f]{12})-\d+$")
END_CALL_NAME = "end_call"
"""Name of the tool that ends the call."""
WAIT_NAME = "wait"
"""Name of the tool after which the agent stays silent until the caller speaks."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call of the model; `result` is None while it runs."""

    tool_call_id: str
    name: str
    arguments: str
    """A JSON object."""
    reply_id: str
    result: str | None = None
    failed: bool = False
    problem: str = ""
    """Why the tool is not run; empty if it is."""
    extra: str = ""
    """The provider's other fields of the call: a JSON object, or empty."""
    route: str = ""
    """The route whose provider `extra` belongs to."""
    turn: int = 0
    """The caller's turn in which the model made it."""
    returned_ms: int = 0
    """Call time of the result."""
    joined: str = ""
    """The reply after which a late result joined the dialogue; empty for the reply of the call itself."""

    @property
    def shown_after(self) -> str:
        """Id of the reply after which the dialogue shows the call and its result."""
        return self.joined or self.reply_id

    @property
    def key(self) -> str:
        """The idempotency key: the id of the first of equal calls in one turn."""
        return key_of(self.tool_call_id)

    @property
    def is_repetition(self) -> bool:
        """Whether an equal call preceded it in the same turn, or was still running."""
        return self.key != self.tool_call_id

    @property
    def succeeded(self) -> bool:
        """Whether there is a result, and it reports no failure."""
        return self.result is not None and not self.failed and not reports_failure(self.result)


def key_of(tool_call_id: str) -> str:
    """Return the idempotency key of a tool call: its id without the number of a repetition."""
    return _REPETITION.sub("", tool_call_id)


def tool_call_of(body: reply_pb2.ToolCalled) -> ToolCall:
    """Return the tool call that an event records."""
    # The log may contain calls of an owner with an earlier version, which did not check them.
    problem = body.problem or arguments_problem(body.arguments)
    return ToolCall(
        body.tool_call_id,
        legal_name(body.name),
        NO_ARGUMENTS if problem else body.arguments.strip() or NO_ARGUMENTS,
        body.reply_id,
        problem=problem,
        extra=body.extra,
        route=body.route,
        turn=body.turn,
    )


def reports_failure(result: str) -> bool:
    """Whether a tool's result reports that it failed, as services do that always respond with HTTP 200."""
    try:
        value = json.loads(result)
    except (ValueError, RecursionError):
        return False
    if not isinstance(value, dict):
        return False
    if any(value.get(key) for key in ("error", "errors")):
        return True
    return any(value.get(key) is False for key in ("ok", "success", "succeeded")) or str(
        value.get("status")
    ).lower() in ("error", "failed", "failure")
