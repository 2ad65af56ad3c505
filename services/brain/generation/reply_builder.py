"""Converts a model's stream into the events of one reply. No I/O, no clock."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from parley.events.envelope import Body
from parley.providers.llm import Done, LlmEvent, TextDelta, TokenUsage, ToolCallRequest
from parley.v1.reply_pb2 import ReplyClause, ReplyFinished, ReplyKind, ReplyStarted, ToolCalled
from services.brain.generation.clauses import ClauseSplitter
from services.brain.generation.model_text import clean, ends_sentence, is_speakable
from services.brain.generation.repetitions import NOTHING_SPOKEN, Repetitions, Spoken
from services.brain.generation.requested_tools import RequestedTools
from services.brain.policies.openers import strip_opener

GOODBYE = "Goodbye."
"""Spoken when the model ends the call without any text."""
_INCOMPLETE = frozenset({"length", "content_filter"})
"""Reasons with which a provider ends an answer before its end."""


@dataclass(frozen=True, slots=True)
class AnswerSource:
    """The attempt that an answer's chunks come from; times are call times."""

    route: str = ""
    provider: str = ""
    model: str = ""
    requested_ms: int = 0
    first_token_ms: int = 0


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
        language: str = "en",
        used_tool_call_ids: Collection[str] = (),
        dtmf_inputs: int = 0,
        tool_names: Sequence[str] | None = None,
        tools_allowed: bool = True,
        spoken: Spoken = NOTHING_SPOKEN,
        running_tool_call_ids: Collection[str] = (),
    ) -> None:
        """Create a builder; without `tool_names` every name of a tool is accepted.

        `spoken` are the words that the reply must not begin with again.
        """
        self.reply_id = reply_id
        self.turn = turn
        self.opener = opener
        self.tools_allowed = tools_allowed
        """If not, the model's tool calls are ignored."""
        self._terminal_tools = terminal_tools
        self._by_phrase = by_phrase
        self._used_tool_call_ids = frozenset(used_tool_call_ids)
        self._running_tool_call_ids = frozenset(running_tool_call_ids)
        self._dtmf_inputs = dtmf_inputs
        self._tool_names = tool_names
        self._language = language
        self._spoken = spoken
        self._clauses = 0
        self._has_model_text = False
        self._source = AnswerSource()
        self.reset()

    def reset(self) -> None:
        """Discard what an attempt has left, before a retry."""
        self._splitter = ClauseSplitter(by_phrase=self._by_phrase, language=self._language)
        self._characters = 0
        self._repetitions = Repetitions(self._spoken)
        self._tools = RequestedTools(
            self.reply_id,
            self.turn,
            self._used_tool_call_ids,
            self._tool_names,
            self._dtmf_inputs,
            self._running_tool_call_ids,
        )

    @property
    def is_empty(self) -> bool:
        """Whether no text of the model is in a clause yet, so that a retry goes unnoticed."""
        return not self._has_model_text

    @property
    def has_content(self) -> bool:
        """Whether the attempt has brought something to say, or a tool call."""
        return self._has_text or bool(self._tools)

    @property
    def characters(self) -> int:
        """Length of the attempt's text."""
        return self._characters

    @property
    def may_be_complete(self) -> bool:
        """Whether the answer that this one continues broke off after a sentence, which may be its last."""
        return bool(self._spoken.broken_off) and ends_sentence(self._spoken.broken_off[-1])

    def has_answer(self, reason: str) -> bool:
        """Whether the answer has text to say or a usable tool call if it ends now, for this reason."""
        tools = self._tools.usable(incomplete=reason in _INCOMPLETE)
        return self._has_text or bool(tools)

    @property
    def _has_text(self) -> bool:
        return self._has_model_text or self._repetitions.found or is_speakable(self._splitter.pending)

    def start(
        self, kind: ReplyKind, *, predicted_text: str = "", uninterruptible: bool = False
    ) -> list[Body]:
        """Return the first events; the reply is speculative if it answers a predicted text."""
        started = ReplyStarted(
            reply_id=self.reply_id,
            turn=self.turn,
            kind=kind,
            speculative=bool(predicted_text),
            predicted_text=predicted_text,
            uninterruptible=uninterruptible,
        )
        return [started, *self._clause_events([f"{self.opener} "] if self.opener else [])]

    def on_chunk(self, chunk: LlmEvent, source: "AnswerSource | None" = None) -> list[Body]:
        """Return the events that a chunk of the stream completes; `source` is the attempt that it is from."""
        self._source = source or AnswerSource()
        match chunk:
            case TextDelta(text=text):
                return [*self._push(clean(text))]
            case ToolCallRequest():
                if self.tools_allowed:
                    self._tools.add(chunk, self._source.route)
                return []
            case Done(reason=reason):
                return self._finish(reason)
            case TokenUsage():
                return []

    def late_call(self, call: ToolCallRequest, route: str) -> list[Body]:
        """Return the events of a tool call that follows the end of the reply."""
        return [*self._tools.late(call, route)] if self.tools_allowed else []

    def from_text(self, text: str) -> list[Body]:
        """Return the events of a fixed text: one clause, whose audio can be cached."""
        return [*self._clause_events([text.strip()]), self._finished("stop")]

    def fail(self, apology: str) -> list[Body]:
        """End the reply after an error: with the text generated before it, or else an apology."""
        if self._has_model_text:
            return [*self._model_clauses(self._splitter.finish()), self._finished("error")]
        return [*self._clause_events([apology]), self._finished("error")]

    def end_without_text(self) -> list[Body]:
        """End a reply to which no model has added anything."""
        return [self._finished("stop")]

    def take_words(self) -> list[Body]:
        """Return the complete words of the unfinished clause as a clause."""
        return [*self._model_clauses(self._splitter.take_words())]

    def interrupt(self, *, keep_all: bool = False) -> list[Body]:
        """End the reply; the next one continues it. An incomplete last sentence is left out by default."""
        rest = [text for text in self._splitter.finish() if keep_all or ends_sentence(text)]
        return [*self._model_clauses(rest), self._finished("interrupted")]

    def _push(self, text: str) -> list[ReplyClause]:
        self._characters += len(text)
        return self._model_clauses(self._splitter.push(text))

    def _finish(self, reason: str) -> list[Body]:
        rest = self._splitter.finish()
        if reason in _INCOMPLETE and self._has_model_text:
            # The model was cut off: its last, incomplete sentence is not spoken, unless it is the only one.
            rest = [text for text in rest if ends_sentence(text)]
        texts = self._model_clauses(rest)
        calls: list[ToolCalled] = self._tools.events(incomplete=reason in _INCOMPLETE)
        ends_call = any(call.name in self._terminal_tools and not call.problem for call in calls)
        if ends_call and not self._clauses:
            texts = self._clause_events([GOODBYE])
        return [*texts, self._finished(self._reason(reason, calls)), *calls]

    @staticmethod
    def _reason(reason: str, calls: Sequence[ToolCalled]) -> str:
        """The reason in our own terms; a provider may announce tool calls and send none, or the reverse."""
        if calls:
            return "tool_calls"
        return "length" if reason in _INCOMPLETE else "stop"

    def _finished(self, reason: str) -> ReplyFinished:
        return ReplyFinished(reply_id=self.reply_id, clauses=self._clauses, reason=reason)

    def _model_clauses(self, clauses: Sequence[str]) -> list[ReplyClause]:
        """Return the clauses that the model generated; the first one carries its timing."""
        speakable = self._repetitions.new([text for text in clauses if is_speakable(text)])
        if not speakable or self._has_model_text:
            return self._clause_events(speakable)
        first = strip_opener(self.opener, speakable[0])
        events = self._clause_events([first, *speakable[1:]] if is_speakable(first) else speakable[1:])
        if events:
            self._has_model_text = True
            first_clause, source = events[0], self._source
            first_clause.llm_requested_ms, first_clause.first_token_ms = (
                source.requested_ms,
                source.first_token_ms,
            )
            first_clause.provider, first_clause.model = source.provider, source.model
        return events

    def _clause_events(self, clauses: Sequence[str]) -> list[ReplyClause]:
        first = self._clauses
        self._clauses += len(clauses)
        return [
            ReplyClause(reply_id=self.reply_id, clause=number, text=text)
            for number, text in enumerate(clauses, first)
        ]
