"""Every turn's moments, folded from its call's log. No I/O, no clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from parley.audio.playout_position import PlayoutPosition
from parley.clock import CallClock
from parley.events.envelope import event_body
from parley.latency.turn import TurnLatency
from parley.v1 import call_pb2, playback_pb2, reply_pb2, speech_pb2, synthesis_pb2
from parley.v1.event_pb2 import Event


@dataclass(frozen=True, slots=True)
class ReplyTimes:
    """A reply of the agent, as far as it has come."""

    reply_id: str
    turn: int
    started_ms: int
    text: str = ""
    clauses: frozenset[int] = frozenset()
    llm_requested_ms: int | None = None
    first_token_ms: int | None = None
    first_clause_ms: int | None = None
    tts_requested_ms: int | None = None
    synthesis_started_ms: int | None = None
    playback_started_ms: int | None = None
    played_from_sample: int = 0
    first_played_ms: int | None = None
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class TurnLatencies:
    """What is known of a call's turns so far."""

    clock: CallClock | None = None
    turns_by_number: Mapping[int, TurnLatency] = field(default_factory=dict)
    replies: Mapping[str, ReplyTimes] = field(default_factory=dict)

    @property
    def turns(self) -> tuple[TurnLatency, ...]:
        """The caller's turns in order, each with its answer as far as it has come."""
        return tuple(self._answered(self.turns_by_number[n]) for n in sorted(self.turns_by_number))

    def _answered(self, timing: TurnLatency) -> TurnLatency:
        replies = [r for r in self.replies.values() if r.turn == timing.turn]
        heard = [r for r in replies if r.playback_started_ms is not None]
        # Told by the moment of hearing: a filler that was spoken first is what ended the silence.
        reply = min(heard, key=lambda r: r.playback_started_ms or 0, default=None)
        if reply is None:
            reply = next((r for r in reversed(replies) if not r.cancelled), None)
        if reply is None:
            return timing
        return replace(
            timing,
            agent_text=reply.text.strip(),
            reply_id=reply.reply_id,
            reply_started_ms=reply.started_ms,
            llm_requested_ms=reply.llm_requested_ms,
            first_token_ms=reply.first_token_ms,
            first_clause_ms=reply.first_clause_ms,
            tts_requested_ms=reply.tts_requested_ms,
            synthesis_started_ms=reply.synthesis_started_ms,
            playback_started_ms=reply.playback_started_ms,
            first_played_ms=reply.first_played_ms,
        )


def evolve(known: TurnLatencies, event: Event) -> TurnLatencies:
    """What is known after one more event; they come in the log's order, past owners' words left out."""
    clock = known.clock or CallClock(event.sent_at_us)
    known = replace(known, clock=clock)
    at_ms = clock.ms_at(event.sent_at_us)
    body = event_body(event)
    match body:
        case call_pb2.CallStarted():
            return replace(known, clock=CallClock(event.sent_at_us))
        case speech_pb2.TurnEnded():
            return _turn_ended(known, body, at_ms)
        case reply_pb2.ReplyStarted():
            # A successor may begin the same reply again; the first beginning counts.
            reply = known.replies.get(body.reply_id, ReplyTimes(body.reply_id, body.turn, at_ms))
            return _with(known, reply)
        case playback_pb2.PlaybackPaused() | playback_pb2.BargeIn():
            return _cleared(known, body.at_ms)
        case (
            reply_pb2.ReplyClause()
            | reply_pb2.ReplyCancelled()
            | synthesis_pb2.SynthesisStarted()
            | playback_pb2.PlaybackStarted()
            | playback_pb2.PlaybackProgressed()
            | playback_pb2.PlaybackFinished()
        ):
            before = known.replies.get(body.reply_id)
            return known if before is None else _with(known, _answer(before, body, at_ms))
        case _:
            return known


def turn_latencies(events: Iterable[Event]) -> tuple[TurnLatency, ...]:
    """The turns of a call from its events, in the log's order."""
    known = TurnLatencies()
    for event in events:
        known = evolve(known, event)
    return known.turns


def _cleared(known: TurnLatencies, at_ms: int) -> TurnLatencies:
    """A reply whose playing was announced for later, behind another, is not heard then."""
    return replace(
        known,
        replies={
            reply_id: replace(reply, playback_started_ms=None, first_played_ms=None)
            if reply.playback_started_ms is not None and reply.playback_started_ms >= at_ms
            else reply
            for reply_id, reply in known.replies.items()
        },
    )


def _turn_ended(known: TurnLatencies, said: speech_pb2.TurnEnded, at_ms: int) -> TurnLatencies:
    timing = TurnLatency(
        turn=said.turn,
        caller_text=said.text,
        decided_by=said.decided_by,
        speech_end_ms=said.speech_end_ms,
        turn_ended_ms=at_ms,
    )
    return replace(known, turns_by_number={said.turn: timing, **known.turns_by_number})


def _answer(
    before: ReplyTimes,
    said: reply_pb2.ReplyClause
    | reply_pb2.ReplyCancelled
    | synthesis_pb2.SynthesisStarted
    | playback_pb2.PlaybackStarted
    | playback_pb2.PlaybackProgressed
    | playback_pb2.PlaybackFinished,
    at_ms: int,
) -> ReplyTimes:
    match said:
        case reply_pb2.ReplyClause() if said.clause in before.clauses:
            return before
        case reply_pb2.ReplyClause():
            return replace(
                before,
                text=before.text + said.text,
                clauses=before.clauses | {said.clause},
                llm_requested_ms=_first(before.llm_requested_ms, said.llm_requested_ms or None),
                first_token_ms=_first(before.first_token_ms, said.first_token_ms or None),
                first_clause_ms=_first(before.first_clause_ms, at_ms),
            )
        case reply_pb2.ReplyCancelled():
            return replace(before, cancelled=True)
        case synthesis_pb2.SynthesisStarted():
            return replace(
                before,
                tts_requested_ms=_first(before.tts_requested_ms, said.tts_requested_ms or None),
                synthesis_started_ms=_first(before.synthesis_started_ms, at_ms),
            )
        case playback_pb2.PlaybackStarted() if before.playback_started_ms is None:
            return replace(before, playback_started_ms=said.at_ms, played_from_sample=said.from_sample)
        case playback_pb2.PlaybackStarted():
            return before
        case playback_pb2.PlaybackProgressed() | playback_pb2.PlaybackFinished():
            position = PlayoutPosition(said.played_samples, said.at_ms)
            if before.playback_started_ms is None or position.samples <= before.played_from_sample:
                return before
            # The mark stands behind the audio: its beginning was played earlier.
            first_played_ms = position.time_of(before.played_from_sample)
            return replace(before, first_played_ms=_first(before.first_played_ms, first_played_ms))


def _with(known: TurnLatencies, reply: ReplyTimes) -> TurnLatencies:
    return replace(known, replies={**known.replies, reply.reply_id: reply})


def _first(before_ms: int | None, now_ms: int | None) -> int | None:
    return now_ms if before_ms is None else before_ms
