"""A reply in the making: the model's thoughts in, events to say out. No I/O, no clock."""

import hashlib
import json
from collections.abc import Collection, Iterator
from itertools import count

from parley.errors import ProviderError
from parley.events.envelope import Body
from parley.providers.llm import Done, LlmEvent, TextDelta, ToolCallRequest
from parley.v1.reply_pb2 import ReplyClause, ReplyFinished, ReplyKind, ReplyStarted, ToolCalled
from services.brain.generation.clauses import ClauseCutter
from services.brain.policies.openers import strip_opener

APOLOGY = "I'm sorry, something went wrong on my side. Could you say that again?"
GOODBYE = "Goodbye."
"""For a model that ends the call without a word."""


class ReplyBuilder:
    """One reply, from its first token to its end."""

    def __init__(
        self,
        reply_id: str,
        turn: int,
        ending_tools: frozenset[str] = frozenset(),
        opener: str = "",
        *,
        by_phrase: bool = False,
        used: Collection[str] = (),
    ) -> None:
        self.reply_id = reply_id
        self.turn = turn
        self.opener = opener
        self._ending_tools = ending_tools
        self._by_phrase = by_phrase
        self._cutter = ClauseCutter(by_phrase=by_phrase)
        self._clauses = 0
        self._began = False
        self._asked_ms = self._first_token_ms = 0
        self._tools: list[ToolCallRequest] = []
        self._used = set(used)
        """Ids of the tools that were called before."""

    @property
    def is_empty(self) -> bool:
        """Nothing of the model's has come yet, so that another try leaves no trace."""
        return not self._began and not self._tools

    def start(self, kind: ReplyKind, *, predicted_text: str = "") -> list[Body]:
        """The reply's first events; held, if it answers a guess."""
        started = ReplyStarted(
            reply_id=self.reply_id,
            turn=self.turn,
            kind=kind,
            speculative=bool(predicted_text),
            predicted_text=predicted_text,
        )
        return [started, *self._texts([f"{self.opener} "] if self.opener else [])]

    def on_chunk(self, thought: LlmEvent, *, asked_ms: int = 0, first_ms: int = 0) -> list[Body]:
        """What to say after a thought; call times of the question and of the first thought on it."""
        self._asked_ms, self._first_token_ms = asked_ms, first_ms
        match thought:
            case TextDelta(text=text):
                return [*self._content(self._cutter.push(text))]
            case ToolCallRequest():
                self._tools.append(thought)
                return []
            case Done(reason=reason):
                return self._finish(reason)

    def from_text(self, text: str) -> list[Body]:
        """A reply whose text is known beforehand: one clause, whose sound may be kept."""
        return [*self._content([text.strip()]), *self._finish("stop")]

    def fail(self, _error: ProviderError) -> list[Body]:
        """End a reply whose model failed: an apology when nothing was said, else what there is."""
        texts = self._texts(self._cutter.finish() if self._began else [APOLOGY])
        return [*texts, ReplyFinished(reply_id=self.reply_id, clauses=self._clauses, reason="error")]

    def reset(self) -> None:
        """Begin anew with the next try."""
        self._cutter = ClauseCutter(by_phrase=self._by_phrase)

    def interrupt(self) -> list[Body]:
        """End a reply in mid-sentence that another will go on with."""
        return [ReplyFinished(reply_id=self.reply_id, clauses=self._clauses, reason="interrupted")]

    def _finish(self, reason: str) -> list[Body]:
        texts = self._content(self._cutter.finish())
        if not self._clauses and any(tool.name in self._ending_tools for tool in self._tools):
            texts = self._texts([GOODBYE])
        finished = ReplyFinished(reply_id=self.reply_id, clauses=self._clauses, reason=reason)
        calls = [self._call(tool) for tool in self._tools]
        return [*texts, finished, *calls]

    def _call(self, tool: ToolCallRequest) -> ToolCalled:
        # The model's own ids need not be unique within a call; ours are the idempotency keys. Whoever answers
        # the same turn again without knowing of the first time asks for the same with the same key.
        tool_call_id = next(i for i in _ids(self.turn, tool) if i not in self._used)
        self._used.add(tool_call_id)
        return ToolCalled(
            tool_call_id=tool_call_id,
            name=tool.name,
            arguments=tool.arguments,
            reply_id=self.reply_id,
            turn=self.turn,
        )

    def _content(self, clauses: list[str]) -> list[ReplyClause]:
        """What comes from the model."""
        if not clauses or self._began:
            return self._texts(clauses)
        first = strip_opener(self.opener, clauses[0])
        texts = self._texts([first, *clauses[1:]] if first else clauses[1:])
        if texts:
            self._began = True
            texts[0].llm_requested_ms, texts[0].first_token_ms = self._asked_ms, self._first_token_ms
        return texts

    def _texts(self, clauses: list[str]) -> list[ReplyClause]:
        first = self._clauses
        self._clauses += len(clauses)
        return [
            ReplyClause(reply_id=self.reply_id, clause=number, text=text)
            for number, text in enumerate(clauses, first)
        ]


def _ids(turn: int, tool: ToolCallRequest) -> Iterator[str]:
    """Names for one use of a tool: of its turn and of what it is asked, then numbered."""
    try:
        asked = json.dumps(json.loads(tool.arguments or "{}"), sort_keys=True)
    except ValueError:
        asked = tool.arguments
    digest = hashlib.sha256(f"{tool.name}\n{asked}".encode()).hexdigest()[:12]
    yield f"turn{turn}-{digest}"
    yield from (f"turn{turn}-{digest}-{number}" for number in count(2))
