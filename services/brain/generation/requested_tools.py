"""The tool calls of one answer: checked, limited and numbered for the log. No I/O, no clock."""

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from itertools import count

from parley.providers.llm import ToolCallRequest
from parley.v1.reply_pb2 import ToolCalled
from services.brain.generation.model_text import clean
from services.brain.tool_arguments import (
    NO_ARGUMENTS,
    arguments_problem,
    dump_extra,
    legal_name,
    name_problem,
)
from services.brain.tool_call import key_of

MAX_CALLS = 8
"""Tool calls of one answer that are run."""
_MAX_ANSWERED_CALLS = 64
"""Further ones up to this number are answered with an error; the rest is ignored."""
SURPLUS = f"not run: an answer may call {MAX_CALLS} tools at most"
"""The problem of a call beyond the limit, for the model."""


class RequestedTools:
    """Collects the tool calls of an answer; each becomes an event that is safe to store and to send back."""

    def __init__(
        self,
        reply_id: str,
        turn: int,
        used_ids: Collection[str] = (),
        tool_names: Sequence[str] | None = None,
        dtmf_inputs: int = 0,
        running_ids: Collection[str] = (),
    ) -> None:
        """Create a collection; without `tool_names` every name of a tool is accepted.

        A call that equals one of `running_ids`, from whichever turn, counts as its repetition.

        The turn and the number of DTMF inputs before the answer identify the input that it answers.
        """
        self._input = f"turn{turn}-keys{dtmf_inputs}" if dtmf_inputs else f"turn{turn}"
        self._reply_id = reply_id
        self._turn = turn
        self._used_ids = set(used_ids)
        self._running_ids = tuple(running_ids)
        self._tool_names = tool_names
        self._calls: list[tuple[ToolCallRequest, str]] = []

    def __len__(self) -> int:
        return len(self._calls)

    def add(self, call: ToolCallRequest, route: str) -> None:
        """Add a call of the model that `route` serves."""
        if len(self._calls) < _MAX_ANSWERED_CALLS:
            self._calls.append((call, route))

    def usable(self, *, incomplete: bool) -> list[tuple[ToolCallRequest, str]]:
        """Return the calls of an answer that ends now.

        In an incomplete answer, a call whose arguments are not usable was cut off, which makes it no call.
        """
        if not incomplete:
            return self._calls
        return [(call, route) for call, route in self._calls if not arguments_problem(call.arguments)]

    def events(self, *, incomplete: bool) -> list[ToolCalled]:
        """Return the events of the usable calls."""
        events: list[ToolCalled] = []
        seen: set[str] = set()
        for call, route in self.usable(incomplete=incomplete):
            digest = _digest(call)
            # An answer that requests the same twice means it once.
            if digest not in seen:
                seen.add(digest)
                events.append(self._event(len(events), call, route))
        return events

    def late(self, call: ToolCallRequest, route: str) -> list[ToolCalled]:
        """Return the event of a call after the others; none if it repeats one, or if there are too many."""
        if len(self._calls) >= _MAX_ANSWERED_CALLS or _digest(call) in {_digest(c) for c, _ in self._calls}:
            return []
        self.add(call, route)
        return [self._event(len(self._calls) - 1, call, route)]

    def _event(self, number: int, call: ToolCallRequest, route: str) -> ToolCalled:
        problem = SURPLUS if number >= MAX_CALLS else self._problem(call)
        extra = dump_extra(call.extra)
        name = legal_name(call.name)
        arguments = NO_ARGUMENTS if problem else call.arguments.strip() or NO_ARGUMENTS
        # The model's ids are not always unique within a call; ours are the idempotency keys. A process that
        # answers the same turn again without having read the first answer derives the same key.
        ids = self._candidate_ids(name, arguments)
        tool_call_id = next(i for i in ids if i not in self._used_ids)
        self._used_ids.add(tool_call_id)
        return ToolCalled(
            tool_call_id=tool_call_id,
            name=name,
            arguments=arguments,
            reply_id=self._reply_id,
            turn=self._turn,
            problem=problem,
            extra=extra,
            route=route if extra else "",
        )

    def _problem(self, call: ToolCallRequest) -> str:
        return name_problem(clean(call.name), self._tool_names) or arguments_problem(call.arguments)

    def _candidate_ids(self, name: str, arguments: str) -> Iterator[str]:
        """Candidate ids, derived from the input, the tool and its arguments; numbered for repetitions."""
        digest = _arguments_digest(name, arguments)
        first = f"{self._input}-{digest}"
        running = (key for key in map(key_of, self._running_ids) if key.endswith(f"-{digest}"))
        first = next(running, first)
        yield first
        yield from (f"{first}-{number}" for number in count(2))


def _digest(call: ToolCallRequest) -> str:
    """Identify a call within its answer; unusable arguments are compared as text."""
    if arguments_problem(call.arguments):
        return f"{call.name}\n{call.arguments}"
    return _arguments_digest(legal_name(call.name), call.arguments.strip() or NO_ARGUMENTS)


def _arguments_digest(name: str, arguments: str) -> str:
    canonical = json.dumps(json.loads(arguments), sort_keys=True)
    return hashlib.sha256(f"{name}\n{canonical}".encode()).hexdigest()[:12]
