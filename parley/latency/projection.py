"""Computes each turn's latency from its call's log. No I/O, no clock."""

from bisect import bisect_left, insort
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from parley.audio.playout_position import PlayoutPosition
from parley.clock import CallClock
from parley.events.envelope import event_body
from parley.latency.turn import NO_PROVIDER, ProviderModel, TurnLatency
from parley.v1 import call_pb2, playback_pb2, reply_pb2, speech_pb2, synthesis_pb2
from parley.v1.event_pb2 import Event


@dataclass(frozen=True, slots=True)
class ReplyTimes:
    """Times of one reply of the agent; call time, None for a moment that did not occur."""

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
    llm: ProviderModel = NO_PROVIDER
    tts: ProviderModel = NO_PROVIDER


@dataclass(slots=True)
class TurnLatencies:
    """The turns and replies of a call so far: an event costs the same after any number of turns."""

    clock: CallClock | None = None
    turns_by_number: dict[int, TurnLatency] = field(default_factory=dict)
    replies: dict[str, ReplyTimes] = field(default_factory=dict)
    _replies_to: dict[int, list[str]] = field(default_factory=dict)
    """The replies to each turn, in the order of their start."""
    _announced: list[tuple[int, str]] = field(default_factory=list)
    """When the playback of each reply started, or was to start, in that order."""

    @property
    def turns(self) -> tuple[TurnLatency, ...]:
        """The caller's turns in order, each with the times of its reply."""
        return tuple(self.turn(number) for number in sorted(self.turns_by_number))

    def turn(self, number: int) -> TurnLatency:
        """One of the caller's turns with the times of its reply."""
        latency = self.turns_by_number[number]
        replies = [self.replies[reply_id] for reply_id in self._replies_to.get(number, ())]
        played = [r for r in replies if r.playback_started_ms is not None]
        played.sort(key=lambda r: r.playback_started_ms or 0)
        # The reply played first counts: if that is a filler, the filler ended the silence.
        reply = played[0] if played else None
        if reply is None:
            reply = next((r for r in reversed(replies) if not r.cancelled), None)
        if reply is None:
            return latency
        return replace(
            latency,
            # An answer may follow a filler, and continue in another reply after a tool or a failure.
            agent_text=" ".join(r.text.strip() for r in played or [reply]),
            reply_id=reply.reply_id,
            reply_started_ms=reply.started_ms,
            llm_requested_ms=reply.llm_requested_ms,
            first_token_ms=reply.first_token_ms,
            first_clause_ms=reply.first_clause_ms,
            tts_requested_ms=reply.tts_requested_ms,
            synthesis_started_ms=reply.synthesis_started_ms,
            playback_started_ms=reply.playback_started_ms,
            first_played_ms=reply.first_played_ms,
            llm=reply.llm,
            tts=reply.tts,
        )

    def apply(self, event: Event) -> None:
        """Apply one more event, in the log's order and without those of stale owners."""
        clock = self.clock = self.clock or CallClock(event.sent_at_us)
        at_ms = clock.ms_at(event.sent_at_us)
        body = event_body(event)
        match body:
            case call_pb2.CallStarted():
                self.clock = CallClock(event.sent_at_us)
            case speech_pb2.TurnEnded():
                self.turns_by_number.setdefault(body.turn, _ended_turn(body, at_ms))
            case speech_pb2.TranscriptUpdated(final=True):
                self._add_late_words(body)
            case reply_pb2.ReplyStarted():
                # The next owner may start the same reply again; the first start counts.
                if body.reply_id not in self.replies:
                    self.replies[body.reply_id] = ReplyTimes(body.reply_id, body.turn, at_ms)
                    self._replies_to.setdefault(body.turn, []).append(body.reply_id)
            case playback_pb2.PlaybackPaused() | playback_pb2.BargeIn():
                self._forget_unplayed(body.at_ms)
            case (
                reply_pb2.ReplyClause()
                | reply_pb2.ReplyCancelled()
                | synthesis_pb2.SynthesisStarted()
                | playback_pb2.PlaybackStarted()
                | playback_pb2.PlaybackProgressed()
                | playback_pb2.PlaybackFinished()
            ):
                before = self.replies.get(body.reply_id)
                if before is not None:
                    self._replace(before, _evolve_reply(before, body, at_ms))
            case _:
                pass

    def _add_late_words(self, body: speech_pb2.TranscriptUpdated) -> None:
        """Add the words of a turn that ended before they were known."""
        turn = self.turns_by_number.get(body.turn)
        if turn is not None and not turn.caller_text:
            self.turns_by_number[body.turn] = replace(turn, caller_text=body.text)

    def forget_answered(self, pending: Collection[int]) -> None:
        """Forget the turns that need no further events, so that the state does not grow with the call.

        The `pending` turns and their replies are kept, and replies to turns that have not ended yet.
        """
        last = max(self.turns_by_number, default=0)
        self.turns_by_number = {n: self.turns_by_number[n] for n in (*pending, last) if n}
        self.replies = {r.reply_id: r for r in self.replies.values() if r.turn in pending or r.turn > last}
        self._replies_to = {n: ids for n, ids in self._replies_to.items() if n in pending or n > last}
        self._announced = [one for one in self._announced if one[1] in self.replies]

    def _replace(self, before: ReplyTimes, after: ReplyTimes) -> None:
        self.replies[after.reply_id] = after
        if before.playback_started_ms is None and after.playback_started_ms is not None:
            insort(self._announced, (after.playback_started_ms, after.reply_id))

    def _forget_unplayed(self, at_ms: int) -> None:
        """Drop playback that was announced for a later time, after another reply, but did not happen."""
        first = bisect_left(self._announced, (at_ms, ""))
        for _, reply_id in self._announced[first:]:
            reply = self.replies[reply_id]
            self.replies[reply_id] = replace(reply, playback_started_ms=None, first_played_ms=None)
        del self._announced[first:]


def turn_latencies(events: Iterable[Event]) -> tuple[TurnLatency, ...]:
    """Return the turns of a call from its events, in the log's order."""
    state = TurnLatencies()
    for event in events:
        state.apply(event)
    return state.turns


def _ended_turn(body: speech_pb2.TurnEnded, at_ms: int) -> TurnLatency:
    return TurnLatency(
        turn=body.turn,
        caller_text=body.text,
        decided_by=body.decided_by,
        stt=ProviderModel(body.provider, body.model),
        speech_end_ms=body.speech_end_ms,
        turn_ended_ms=at_ms,
    )


def _evolve_reply(
    before: ReplyTimes,
    body: reply_pb2.ReplyClause
    | reply_pb2.ReplyCancelled
    | synthesis_pb2.SynthesisStarted
    | playback_pb2.PlaybackStarted
    | playback_pb2.PlaybackProgressed
    | playback_pb2.PlaybackFinished,
    at_ms: int,
) -> ReplyTimes:
    match body:
        case reply_pb2.ReplyClause() if body.clause in before.clauses:
            return before
        case reply_pb2.ReplyClause():
            return replace(
                before,
                text=before.text + body.text,
                clauses=before.clauses | {body.clause},
                llm_requested_ms=_first(before.llm_requested_ms, body.llm_requested_ms or None),
                first_token_ms=_first(before.first_token_ms, body.first_token_ms or None),
                first_clause_ms=_first(before.first_clause_ms, at_ms),
                llm=before.llm if before.llm.provider else ProviderModel(body.provider, body.model),
            )
        case reply_pb2.ReplyCancelled():
            return replace(before, cancelled=True)
        case synthesis_pb2.SynthesisStarted():
            return replace(
                before,
                tts_requested_ms=_first(before.tts_requested_ms, body.tts_requested_ms or None),
                synthesis_started_ms=_first(before.synthesis_started_ms, at_ms),
                tts=ProviderModel(body.provider, body.model)
                if before.synthesis_started_ms is None
                else before.tts,
            )
        case playback_pb2.PlaybackStarted() if before.playback_started_ms is None:
            return replace(before, playback_started_ms=body.at_ms, played_from_sample=body.from_sample)
        case playback_pb2.PlaybackStarted():
            return before
        case playback_pb2.PlaybackProgressed() | playback_pb2.PlaybackFinished():
            position = PlayoutPosition(body.played_samples, body.at_ms)
            if before.playback_started_ms is None or position.samples <= before.played_from_sample:
                return before
            if body.estimated:
                # No mark shows when the audio reached the caller.
                return before
            # The mark follows the audio, whose beginning was played earlier.
            first_played_ms = position.time_of(before.played_from_sample)
            return replace(before, first_played_ms=_first(before.first_played_ms, first_played_ms))


def _first(before_ms: int | None, now_ms: int | None) -> int | None:
    return now_ms if before_ms is None else before_ms
