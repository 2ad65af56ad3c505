"""Every turn's moments, folded from its call's log. No I/O, no clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from parley.envelope import CallClock, body_of
from parley.turn_timing import TurnTiming
from parley.v1 import call_pb2, playback_pb2, reply_pb2, speech_pb2, voice_pb2
from parley.v1.event_pb2 import Event

_SAMPLES_PER_MS = 8


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply of the agent, as far as it has come."""

    reply_id: str
    turn: int
    started_ms: int
    text: str = ""
    clauses: frozenset[int] = frozenset()
    asked_ms: int | None = None
    first_token_ms: int | None = None
    first_text_ms: int | None = None
    voice_asked_ms: int | None = None
    voice_started_ms: int | None = None
    playback_started_ms: int | None = None
    played_from_sample: int = 0
    heard_ms: int | None = None
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class TurnTimings:
    """What is known of a call's turns so far."""

    clock: CallClock | None = None
    asked: Mapping[int, TurnTiming] = field(default_factory=dict)
    answers: Mapping[str, Answer] = field(default_factory=dict)

    @property
    def turns(self) -> tuple[TurnTiming, ...]:
        """The caller's turns in order, each with its answer as far as it has come."""
        return tuple(self._answered(self.asked[n]) for n in sorted(self.asked))

    def _answered(self, timing: TurnTiming) -> TurnTiming:
        replies = [r for r in self.answers.values() if r.turn == timing.turn]
        heard = [r for r in replies if r.playback_started_ms is not None]
        # Told by the moment of hearing: a filler that was spoken first is what ended the silence.
        reply = min(heard, key=lambda r: r.playback_started_ms or 0, default=None)
        if reply is None:
            reply = next((r for r in reversed(replies) if not r.dropped), None)
        if reply is None:
            return timing
        return replace(
            timing,
            agent_text=reply.text.strip(),
            reply_id=reply.reply_id,
            reply_started_ms=reply.started_ms,
            asked_ms=reply.asked_ms,
            first_token_ms=reply.first_token_ms,
            first_text_ms=reply.first_text_ms,
            voice_asked_ms=reply.voice_asked_ms,
            voice_started_ms=reply.voice_started_ms,
            playback_started_ms=reply.playback_started_ms,
            heard_ms=reply.heard_ms,
        )


def evolve(known: TurnTimings, event: Event) -> TurnTimings:
    """What is known after one more event; they come in the log's order, past owners' words left out."""
    clock = known.clock or CallClock(event.sent_at_us)
    known = replace(known, clock=clock)
    at_ms = clock.ms_at(event.sent_at_us)
    body = body_of(event)
    match body:
        case call_pb2.CallStarted():
            return replace(known, clock=CallClock(event.sent_at_us))
        case speech_pb2.TurnEnded():
            return _turn_ended(known, body, at_ms)
        case reply_pb2.ReplyStarted():
            # A successor may begin the same reply again; the first beginning counts.
            reply = known.answers.get(body.reply_id, Answer(body.reply_id, body.turn, at_ms))
            return _with(known, reply)
        case playback_pb2.PlaybackHeld() | playback_pb2.BargeIn():
            return _cleared(known, body.at_ms)
        case (
            reply_pb2.ReplyText()
            | reply_pb2.ReplyDropped()
            | voice_pb2.VoiceStarted()
            | playback_pb2.PlaybackStarted()
            | playback_pb2.PlaybackProgressed()
            | playback_pb2.PlaybackFinished()
        ):
            before = known.answers.get(body.reply_id)
            return known if before is None else _with(known, _answer(before, body, at_ms))
        case _:
            return known


def turn_timings(events: Iterable[Event]) -> tuple[TurnTiming, ...]:
    """The turns of a call from its events, in the log's order."""
    known = TurnTimings()
    for event in events:
        known = evolve(known, event)
    return known.turns


def _cleared(known: TurnTimings, at_ms: int) -> TurnTimings:
    """A reply whose playing was announced for later, behind another, is not heard then."""
    return replace(
        known,
        answers={
            reply_id: replace(reply, playback_started_ms=None, heard_ms=None)
            if reply.playback_started_ms is not None and reply.playback_started_ms >= at_ms
            else reply
            for reply_id, reply in known.answers.items()
        },
    )


def _turn_ended(known: TurnTimings, said: speech_pb2.TurnEnded, at_ms: int) -> TurnTimings:
    timing = TurnTiming(
        turn=said.turn,
        caller_text=said.text,
        decided_by=said.decided_by,
        speech_end_ms=said.speech_end_ms,
        turn_ended_ms=at_ms,
    )
    return replace(known, asked={said.turn: timing, **known.asked})


def _answer(
    before: Answer,
    said: reply_pb2.ReplyText
    | reply_pb2.ReplyDropped
    | voice_pb2.VoiceStarted
    | playback_pb2.PlaybackStarted
    | playback_pb2.PlaybackProgressed
    | playback_pb2.PlaybackFinished,
    at_ms: int,
) -> Answer:
    match said:
        case reply_pb2.ReplyText() if said.clause in before.clauses:
            return before
        case reply_pb2.ReplyText():
            return replace(
                before,
                text=before.text + said.text,
                clauses=before.clauses | {said.clause},
                asked_ms=_first(before.asked_ms, said.asked_ms or None),
                first_token_ms=_first(before.first_token_ms, said.first_token_ms or None),
                first_text_ms=_first(before.first_text_ms, at_ms),
            )
        case reply_pb2.ReplyDropped():
            return replace(before, dropped=True)
        case voice_pb2.VoiceStarted():
            return replace(
                before,
                voice_asked_ms=_first(before.voice_asked_ms, said.asked_ms or None),
                voice_started_ms=_first(before.voice_started_ms, at_ms),
            )
        case playback_pb2.PlaybackStarted() if before.playback_started_ms is None:
            return replace(before, playback_started_ms=said.at_ms, played_from_sample=said.from_sample)
        case playback_pb2.PlaybackStarted():
            return before
        case playback_pb2.PlaybackProgressed() | playback_pb2.PlaybackFinished():
            heard_samples = said.heard_samples - before.played_from_sample
            if before.playback_started_ms is None or heard_samples <= 0:
                return before
            # The mark stands behind that much sound: its beginning was heard so much earlier.
            return replace(
                before, heard_ms=_first(before.heard_ms, said.at_ms - heard_samples // _SAMPLES_PER_MS)
            )


def _with(known: TurnTimings, reply: Answer) -> TurnTimings:
    return replace(known, answers={**known.answers, reply.reply_id: reply})


def _first(before_ms: int | None, now_ms: int | None) -> int | None:
    return now_ms if before_ms is None else before_ms
