"""Converts a model's stream into the events of one reply. No I/O, no clock."""

import hashlib
import json
from collections.abc import Collection, Iterator
from itertools import count

from parley.events.envelope import Body
from parley.providers.llm import Done, LlmEvent, TextDelta, ToolCallRequest
from parley.v1.reply_pb2 import ReplyClause, ReplyFinished, ReplyKind, ReplyStarted, ToolCalled
from services.brain.generation.clauses import ClauseSplitter
from services.brain.policies.openers import strip_opener

APOLOGY = "I'm sorry, something went wrong on my side. Could you say that again?"
GOODBYE = "Goodbye."
"""Spoken when the model ends the call without any text."""


class ReplyBuilder:
    """Builds the events of one reply from its start to its end."""

    def __init__(
        self,
        reply_id: str,
        turn: int,
        terminal_tools: frozenset[str] = frozenset(),
        opener: str = "",
        *,
        by_phrase: bool = False,
        used_tool_call_ids: Collection[str] = (),
    ) -> None:
        self.reply_id = reply_id
        self.turn = turn
        self.opener = opener
        self._terminal_tools = terminal_tools
        self._by_phrase = by_phrase
        self._splitter = ClauseSplitter(by_phrase=by_phrase)
        self._clauses = 0
        self._has_model_text = False
        self._requested_ms = self._first_token_ms = 0
        self._tool_calls: list[ToolCallRequest] = []
        self._used_tool_call_ids = set(used_tool_call_ids)

    @property
    def is_empty(self) -> bool:
        """Whether the model has added nothing yet, so that a retry goes unnoticed."""
        return not self._has_model_text and not self._tool_calls

    def start(self, kind: ReplyKind, *, predicted_text: str = "") -> list[Body]:
        """Return the first events; the reply is speculative if it answers a predicted text."""
        started = ReplyStarted(
            reply_id=self.reply_id,
            turn=self.turn,
            kind=kind,
            speculative=bool(predicted_text),
            predicted_text=predicted_text,
        )
        return [started, *self._clause_events([f"{self.opener} "] if self.opener else [])]

    def on_chunk(self, chunk: LlmEvent, *, requested_ms: int = 0, first_token_ms: int = 0) -> list[Body]:
        """Return the events that a chunk of the stream completes.

        `requested_ms` and `first_token_ms` are the call times of the request and of its first chunk.
        """
        self._requested_ms, self._first_token_ms = requested_ms, first_token_ms
        match chunk:
            case TextDelta(text=text):
                return [*self._model_clauses(self._splitter.push(text))]
            case ToolCallRequest():
                self._tool_calls.append(chunk)
                return []
            case Done(reason=reason):
                return self._finish(reason)

    def from_text(self, text: str) -> list[Body]:
        """Return the events of a fixed text: one clause, whose audio can be cached."""
        return [*self._model_clauses([text.strip()]), *self._finish("stop")]

    def fail(self) -> list[Body]:
        """End the reply after an error: with the text generated before it, or else an apology."""
        texts = self._splitter.finish() if self._has_model_text else [APOLOGY]
        return [*self._clause_events(texts), self._finished("error")]

    def reset(self) -> None:
        """Discard incomplete text before a retry."""
        self._splitter = ClauseSplitter(by_phrase=self._by_phrase)

    def interrupt(self) -> list[Body]:
        """End the reply in mid-sentence; the next reply continues it."""
        return [self._finished("interrupted")]

    def _finish(self, reason: str) -> list[Body]:
        texts = self._model_clauses(self._splitter.finish())
        if not self._clauses and any(call.name in self._terminal_tools for call in self._tool_calls):
            texts = self._clause_events([GOODBYE])
        return [*texts, self._finished(reason), *map(self._tool_called, self._tool_calls)]

    def _finished(self, reason: str) -> ReplyFinished:
        return ReplyFinished(reply_id=self.reply_id, clauses=self._clauses, reason=reason)

    def _tool_called(self, call: ToolCallRequest) -> ToolCalled:
        # The model's ids are not always unique within a call; ours are the idempotency keys. A process that
        # answers the same turn again without having read the first answer derives the same key.
        ids = _tool_call_ids(self.turn, call)
        tool_call_id = next(i for i in ids if i not in self._used_tool_call_ids)
        self._used_tool_call_ids.add(tool_call_id)
        return ToolCalled(
            tool_call_id=tool_call_id,
            name=call.name,
            arguments=call.arguments,
            reply_id=self.reply_id,
            turn=self.turn,
        )

    def _model_clauses(self, clauses: list[str]) -> list[ReplyClause]:
        """Return the clauses that the model generated; the first one carries its timing."""
        if not clauses or self._has_model_text:
            return self._clause_events(clauses)
        first = strip_opener(self.opener, clauses[0])
        events = self._clause_events([first, *clauses[1:]] if first else clauses[1:])
        if events:
            self._has_model_text = True
            events[0].llm_requested_ms, events[0].first_token_ms = self._requested_ms, self._first_token_ms
        return events

    def _clause_events(self, clauses: list[str]) -> list[ReplyClause]:
        first = self._clauses
        self._clauses += len(clauses)
        return [
            ReplyClause(reply_id=self.reply_id, clause=number, text=text)
            for number, text in enumerate(clauses, first)
        ]


def _tool_call_ids(turn: int, call: ToolCallRequest) -> Iterator[str]:
    """Candidate ids, derived from the turn, the tool and its arguments; numbered for repetitions."""
    try:
        arguments = json.dumps(json.loads(call.arguments or "{}"), sort_keys=True)
    except ValueError:
        arguments = call.arguments
    digest = hashlib.sha256(f"{call.name}\n{arguments}".encode()).hexdigest()[:12]
    yield f"turn{turn}-{digest}"
    yield from (f"turn{turn}-{digest}-{number}" for number in count(2))
