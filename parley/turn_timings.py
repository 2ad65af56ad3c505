"""Where a turn's milliseconds went, from the caller's last sound to the agent's first. A fold; no I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from parley.envelope import CallClock, body_of
from parley.v1 import call_pb2, playback_pb2, reply_pb2, speech_pb2, voice_pb2
from parley.v1.event_pb2 import Event


@dataclass(frozen=True, slots=True)
class TurnTiming:
    """One turn of the caller and the answer to it; all times are call time, None for what did not happen.

    A reply that was begun on an eager end of turn may start before the turn ended.
    """

    turn: int
    caller_text: str = ""
    agent_text: str = ""
    """The reply's whole text, heard or not."""
    decided_by: str = ""
    """What ended the turn."""
    reply_id: str = ""
    """The reply whose times these are: the first that was heard, else the last that was not dropped."""
    speech_end_ms: int | None = None
    turn_ended_ms: int | None = None
    reply_started_ms: int | None = None
    first_text_ms: int | None = None
    voice_started_ms: int | None = None
    playback_started_ms: int | None = None

    @property
    def latency_ms(self) -> int | None:
        """From the end of the caller's voice to the first sound of the answer."""
        return _between(self.speech_end_ms, self.playback_started_ms)

    @property
    def hearing_ms(self) -> int | None:
        """From the end of the caller's voice to the decision that the turn is over."""
        return _between(self.speech_end_ms, self.turn_ended_ms)

    @property
    def thinking_ms(self) -> int | None:
        """From that decision to the first clause; 0 when it was there before."""
        return _between(self.turn_ended_ms, self.first_text_ms)

    @property
    def speaking_ms(self) -> int | None:
        """From the first clause, or the end of the turn if that came later, to the first sound made."""
        return _between(_later(self.turn_ended_ms, self.first_text_ms), self.voice_started_ms)

    @property
    def playing_ms(self) -> int | None:
        """From the first sound made, or the end of the turn if that came later, to the first sound heard."""
        return _between(_later(self.turn_ended_ms, self.voice_started_ms), self.playback_started_ms)


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply of the agent, as far as it has come."""

    reply_id: str
    turn: int
    started_ms: int
    text: str = ""
    clauses: frozenset[int] = frozenset()
    first_text_ms: int | None = None
    voice_started_ms: int | None = None
    playback_started_ms: int | None = None
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
            first_text_ms=reply.first_text_ms,
            voice_started_ms=reply.voice_started_ms,
            playback_started_ms=reply.playback_started_ms,
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
            reply_id: replace(reply, playback_started_ms=None)
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
    | playback_pb2.PlaybackStarted,
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
                first_text_ms=_first(before.first_text_ms, at_ms),
            )
        case reply_pb2.ReplyDropped():
            return replace(before, dropped=True)
        case voice_pb2.VoiceStarted():
            return replace(before, voice_started_ms=_first(before.voice_started_ms, at_ms))
        case playback_pb2.PlaybackStarted():
            return replace(before, playback_started_ms=_first(before.playback_started_ms, said.at_ms))


def _with(known: TurnTimings, reply: Answer) -> TurnTimings:
    return replace(known, answers={**known.answers, reply.reply_id: reply})


def _first(before_ms: int | None, now_ms: int) -> int:
    return now_ms if before_ms is None else before_ms


def _later(one_ms: int | None, other_ms: int | None) -> int | None:
    return None if one_ms is None or other_ms is None else max(one_ms, other_ms)


def _between(start_ms: int | None, end_ms: int | None) -> int | None:
    return None if start_ms is None or end_ms is None else max(0, end_ms - start_ms)
