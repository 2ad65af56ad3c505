"""The trace of a turn: which spans a stage emits, and when. No I/O, no clock.

Each stage emits its own spans when they end, so a trace does not depend on any other process:

    stage  span              from                     to
    stt    stt.endpointing   end of speech            turn.ended
    brain  brain.turn        reply.started            first clause
           brain.llm         model requested          first token
           brain.tool        tool called              its result
    tts    tts.first_clause  first clause             first audio synthesized
           tts.provider      provider requested       first audio synthesized
    edge   turn (the root)   end of speech            first audio sent
           edge.playout      first audio synthesized  first audio sent
           edge.network      first audio sent         first audio played, by Twilio's first mark
    recorder  recorder.turn  end of speech            first audio played, as in the recording

A speculative reply begins before the turn has ended; its spans are emitted when it is released. A reply that
is cancelled before that leaves no spans.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from parley.audio.g711 import BYTES_PER_MS
from parley.clock import CallClock
from parley.events.envelope import event_body
from parley.telemetry import names
from parley.v1 import call_pb2, playback_pb2, reply_pb2, speech_pb2, synthesis_pb2
from parley.v1.event_pb2 import Event

_MAX_TURNS = 4
_MAX_REPLIES = 16
_MAX_TOOL_CALLS = 32
"""Number of turns, replies and tool calls kept; older ones have been emitted or never will be."""


@dataclass(frozen=True, slots=True)
class TurnSpan:
    """A finished span of one turn; times are UTC wall clock, microseconds."""

    name: str
    turn: int
    start_us: int
    end_us: int
    parent: str = names.TURN_SPAN
    """Name of the parent span; empty for the root of the trace."""
    reply_id: str = ""
    """The reply that the span belongs to; empty if a turn has only one such span."""
    tool: str = ""
    """The tool that was called; empty for all other spans."""
    tool_call_id: str = ""
    failed: bool = False


@dataclass(slots=True)
class _Reply:
    turn: int
    started_us: int
    released: bool
    filler: bool
    cancelled: bool = False
    llm_requested_us: int | None = None
    first_token_us: int | None = None
    first_clause_us: int | None = None
    tts_requested_us: int | None = None
    synthesis_started_us: int | None = None
    playing_us: int | None = None
    from_sample: int = 0
    emitted: set[str] = field(default_factory=set)


class TurnSpans:
    """The spans of one stage of one call, from the events of the call's log in their order."""

    def __init__(self, stage: str, clock: CallClock | None = None) -> None:
        self._stage = stage
        self._clock = clock
        """By default, that of the first event."""
        self._speech_end_us: OrderedDict[int, int] = OrderedDict()
        self._replies: OrderedDict[str, _Reply] = OrderedDict()
        self._tool_calls: OrderedDict[str, tuple[reply_pb2.ToolCalled, int]] = OrderedDict()
        self._answered_turn = 0

    def apply(self, event: Event) -> list[TurnSpan]:
        """Return this stage's spans that end with the event, in constant time per event."""
        clock = self._clock = self._clock or CallClock(event.sent_at_us)
        body = event_body(event)
        match body:
            case speech_pb2.TurnEnded():
                unmarked = self._answered_without_mark(event.sent_at_us)
                return [*unmarked, *self._turn_ended(body, event.sent_at_us, clock)]
            case call_pb2.CallEnded():
                return self._answered_without_mark(event.sent_at_us)
            case reply_pb2.ReplyStarted(turn=turn) if turn > 0:
                filler = body.kind == reply_pb2.REPLY_KIND_FILLER
                started = _Reply(turn, event.sent_at_us, not body.speculative, filler)
                self._replies.setdefault(body.reply_id, started)
                _limit(self._replies, _MAX_REPLIES)
            case reply_pb2.ReplyCancelled() if (reply := self._replies.get(body.reply_id)) is not None:
                reply.cancelled = True
            case reply_pb2.ToolCalled() if self._stage == "brain":
                self._tool_calls[body.tool_call_id] = (body, event.sent_at_us)
                _limit(self._tool_calls, _MAX_TOOL_CALLS)
            case reply_pb2.ToolReturned():
                return self._tool_returned(body, event.sent_at_us)
            case playback_pb2.PlaybackPaused() | playback_pb2.BargeIn():
                return self._interrupted(clock.us_at(body.at_ms))
            case (
                reply_pb2.ReplyReleased()
                | reply_pb2.ReplyClause()
                | synthesis_pb2.SynthesisStarted()
                | playback_pb2.PlaybackStarted()
                | playback_pb2.PlaybackProgressed()
                | playback_pb2.PlaybackFinished()
            ) if (reply := self._replies.get(body.reply_id)) is not None:
                return self._reply_event(body.reply_id, reply, body, event.sent_at_us, clock)
            case _:
                pass
        return []

    def _turn_ended(self, ended: speech_pb2.TurnEnded, at_us: int, clock: CallClock) -> list[TurnSpan]:
        speech_end_us = clock.us_at(ended.speech_end_ms)
        self._speech_end_us[ended.turn] = speech_end_us
        _limit(self._speech_end_us, _MAX_TURNS)
        if self._stage != "stt":
            return []
        return [TurnSpan(names.ENDPOINTING_SPAN, ended.turn, speech_end_us, max(speech_end_us, at_us))]

    def _tool_returned(self, returned: reply_pb2.ToolReturned, at_us: int) -> list[TurnSpan]:
        called, called_us = self._tool_calls.pop(returned.tool_call_id, (None, 0))
        if called is None or not called.turn:
            return []
        span = TurnSpan(
            names.TOOL_SPAN,
            called.turn,
            called_us,
            max(called_us, at_us),
            reply_id=called.reply_id,
            tool=called.name,
            tool_call_id=called.tool_call_id,
            failed=returned.failed,
        )
        return [span]

    def _reply_event(
        self,
        reply_id: str,
        reply: _Reply,
        body: reply_pb2.ReplyReleased
        | reply_pb2.ReplyClause
        | synthesis_pb2.SynthesisStarted
        | playback_pb2.PlaybackStarted
        | playback_pb2.PlaybackProgressed
        | playback_pb2.PlaybackFinished,
        at_us: int,
        clock: CallClock,
    ) -> list[TurnSpan]:
        match body:
            case reply_pb2.ReplyReleased():
                reply.released = True
            case reply_pb2.ReplyClause():
                reply.first_clause_us = reply.first_clause_us or at_us
                if body.llm_requested_ms and reply.llm_requested_us is None:
                    reply.llm_requested_us = clock.us_at(body.llm_requested_ms)
                    reply.first_token_us = clock.us_at(body.first_token_ms)
            case synthesis_pb2.SynthesisStarted():
                reply.synthesis_started_us = reply.synthesis_started_us or at_us
                if body.tts_requested_ms and reply.tts_requested_us is None:
                    reply.tts_requested_us = clock.us_at(body.tts_requested_ms)
            case playback_pb2.PlaybackStarted():
                if reply.playing_us is None:
                    reply.playing_us, reply.from_sample = clock.us_at(body.at_ms), body.from_sample
            case playback_pb2.PlaybackProgressed() | playback_pb2.PlaybackFinished():
                return self._played(reply_id, reply, body, clock)
        return self._own(reply_id, reply)

    def _own(self, reply_id: str, reply: _Reply) -> list[TurnSpan]:
        """Return the brain's or tts stage's spans of a released reply."""
        if not reply.released or reply.cancelled or reply.filler:
            return []
        first_clause_us, synthesis_us = reply.first_clause_us, reply.synthesis_started_us
        found: list[TurnSpan | None] = []
        if self._stage == "brain":
            started_us = min(reply.started_us, reply.llm_requested_us or reply.started_us)
            found = [
                _span(reply, reply_id, names.BRAIN_TURN_SPAN, started_us, first_clause_us),
                _span(
                    reply,
                    reply_id,
                    names.LLM_SPAN,
                    reply.llm_requested_us,
                    reply.first_token_us,
                    names.BRAIN_TURN_SPAN,
                ),
            ]
        elif self._stage == "tts":
            found = [
                _span(reply, reply_id, names.FIRST_CLAUSE_SPAN, first_clause_us, synthesis_us),
                _span(
                    reply,
                    reply_id,
                    names.TTS_PROVIDER_SPAN,
                    reply.tts_requested_us,
                    synthesis_us,
                    names.FIRST_CLAUSE_SPAN,
                ),
            ]
        return [span for span in found if span is not None]

    def _played(
        self,
        reply_id: str,
        reply: _Reply,
        body: playback_pb2.PlaybackProgressed | playback_pb2.PlaybackFinished,
        clock: CallClock,
    ) -> list[TurnSpan]:
        """Handle the first mark of a turn's first reply, which means that the turn has been answered."""
        played = body.played_samples - reply.from_sample
        if reply.playing_us is None or played <= 0 or body.estimated:
            return []
        # The mark follows that much audio, so its first sample was played that much earlier.
        first_played_us = clock.us_at(body.at_ms - played // BYTES_PER_MS)
        return self._answered(reply_id, reply, first_played_us)

    def _interrupted(self, at_us: int) -> list[TurnSpan]:
        """Handle stopped playback: a scheduled reply will not play; a playing one gets no further mark."""
        for reply in self._replies.values():
            if reply.playing_us is not None and reply.playing_us >= at_us:
                reply.playing_us = None
        return self._answered_without_mark(at_us)

    def _answered_without_mark(self, at_us: int) -> list[TurnSpan]:
        """Return the root spans of turns whose reply should be playing by now and gets no further mark."""
        spans: list[TurnSpan] = []
        for reply_id, reply in self._replies.items():
            if reply.playing_us is not None and reply.playing_us < at_us:
                spans += self._answered(reply_id, reply, None)
        return spans

    def _answered(self, reply_id: str, reply: _Reply, first_played_us: int | None) -> list[TurnSpan]:
        speech_end_us = self._speech_end_us.get(reply.turn)
        if speech_end_us is None or reply.playing_us is None or reply.turn <= self._answered_turn:
            return []
        self._answered_turn = reply.turn
        if self._stage == "recorder":
            end_us = first_played_us or reply.playing_us
            return [TurnSpan(names.RECORDED_SPAN, reply.turn, speech_end_us, max(speech_end_us, end_us))]
        if self._stage != "edge":
            return []
        root = TurnSpan(
            names.TURN_SPAN, reply.turn, speech_end_us, max(speech_end_us, reply.playing_us), "", reply_id
        )
        playout = _span(reply, reply_id, names.PLAYOUT_SPAN, reply.synthesis_started_us, reply.playing_us)
        network = _span(reply, reply_id, names.NETWORK_SPAN, reply.playing_us, first_played_us)
        return [root, *(span for span in (playout, network) if span is not None)]


def _span(
    reply: _Reply,
    reply_id: str,
    name: str,
    start_us: int | None,
    end_us: int | None,
    parent: str = names.TURN_SPAN,
) -> TurnSpan | None:
    """Return the span if both its times are set and it has not been emitted yet."""
    if start_us is None or end_us is None or name in reply.emitted:
        return None
    reply.emitted.add(name)
    return TurnSpan(name, reply.turn, start_us, max(start_us, end_us), parent, reply_id)


def _limit(entries: OrderedDict[Any, Any], count: int) -> None:
    while len(entries) > count:
        entries.popitem(last=False)
