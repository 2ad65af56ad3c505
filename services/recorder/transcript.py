"""The transcript of a call, folded from its log; replies only as far as played. No I/O, no clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from parley.audio.g711 import BYTES_PER_MS
from parley.events.envelope import Body, event_body
from parley.v1 import playback_pb2, reply_pb2, speech_pb2, synthesis_pb2
from parley.v1.event_pb2 import Event
from services.recorder import playout
from services.recorder.playout import Playout


@dataclass(frozen=True, slots=True)
class Line:
    """One turn of the caller or one reply of the agent; times are call time."""

    speaker: Literal["caller", "agent"]
    text: str
    start_ms: int
    end_ms: int
    turn: int
    """Number of the caller's turn: this turn, or the one that this reply answers; 0 for none."""
    reply_id: str = ""
    interrupted: bool = False
    """Whether the caller took the turn before the agent had finished."""


@dataclass(frozen=True, slots=True)
class _Clause:
    text: str
    start_sample: int = 0
    end_sample: int | None = None
    """End of its audio; None until the audio is complete."""
    words: tuple[tuple[str, int], ...] = ()
    """Each word, and the sample at which it ends."""


@dataclass(frozen=True, slots=True)
class _Reply:
    turn: int
    clauses: Mapping[int, _Clause] = field(default_factory=dict)
    finished: bool = False
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class _Turn:
    turn: int
    speech_started_ms: int
    """Start of speech according to the voice activity detector."""
    first_word_ms: int | None = None
    """Start of the first word, which is more precise."""
    end_ms: int = 0
    text: str = ""
    ended: bool = False

    @property
    def line(self) -> Line:
        start_ms = self.speech_started_ms if self.first_word_ms is None else self.first_word_ms
        return Line("caller", self.text.strip(), start_ms, max(start_ms, self.end_ms), self.turn)


_ReplyEvent = (
    reply_pb2.ReplyStarted
    | reply_pb2.ReplyClause
    | synthesis_pb2.ClauseSynthesized
    | playback_pb2.PlaybackFinished
    | playback_pb2.BargeIn
)


@dataclass(frozen=True, slots=True)
class Transcript:
    """The turns and replies of a call so far."""

    playout: Playout = field(default_factory=Playout)
    _turns: Mapping[int, _Turn] = field(default_factory=dict)
    _replies: Mapping[str, _Reply] = field(default_factory=dict)
    _speech_started_ms: int | None = None

    @property
    def lines(self) -> tuple[Line, ...]:
        """The transcript's lines in the order of their start."""
        caller = (turn.line for turn in self._turns.values())
        agent = (self._agent_line(reply_id, reply) for reply_id, reply in self._replies.items())
        lines = [line for line in (*caller, *agent) if line is not None and line.text]
        return tuple(sorted(lines, key=lambda line: line.start_ms))

    def _agent_line(self, reply_id: str, reply: _Reply) -> Line | None:
        first, last = self.playout.first_of(reply_id), self.playout.last_of(reply_id)
        if first is None or last is None:
            return None
        return Line(
            "agent",
            _played_text(reply, last.until_sample),
            first.start // BYTES_PER_MS,
            last.end // BYTES_PER_MS,
            reply.turn,
            reply_id,
            reply.interrupted,
        )

    def evolve(self, event: Body) -> "Transcript":
        """Return the transcript after an event."""
        match event:
            case speech_pb2.SpeechStarted():
                # Speech without words, such as a cough, starts no turn: the next one replaces it.
                within_turn = any(not turn.ended for turn in self._turns.values())
                return self if within_turn else replace(self, _speech_started_ms=event.at_ms)
            case speech_pb2.TranscriptUpdated() | speech_pb2.TurnEnded():
                return self._with_caller_text(event)
            case (
                reply_pb2.ReplyStarted()
                | reply_pb2.ReplyClause()
                | synthesis_pb2.ClauseSynthesized()
                | playback_pb2.PlaybackFinished()
                | playback_pb2.BargeIn()
            ):
                reply = self._replies.get(event.reply_id, _Reply(0))
                replies = {**self._replies, event.reply_id: _evolve_reply(reply, event)}
                return replace(self, playout=playout.evolve(self.playout, event), _replies=replies)
            case _:
                return replace(self, playout=playout.evolve(self.playout, event))

    def _with_caller_text(self, event: speech_pb2.TranscriptUpdated | speech_pb2.TurnEnded) -> "Transcript":
        end_ms = event.speech_end_ms if isinstance(event, speech_pb2.TurnEnded) else event.audio_end_ms
        start_ms = end_ms if self._speech_started_ms is None else min(self._speech_started_ms, end_ms)
        turn = self._turns.get(event.turn, _Turn(event.turn, start_ms))
        if turn.ended:
            return self
        if isinstance(event, speech_pb2.TranscriptUpdated) and event.words and turn.first_word_ms is None:
            turn = replace(turn, first_word_ms=event.words[0].start_ms)
        ended = isinstance(event, speech_pb2.TurnEnded)
        turn = replace(turn, text=event.text, end_ms=end_ms, ended=ended)
        return replace(self, _turns={**self._turns, event.turn: turn}, _speech_started_ms=None)


def transcript(events: Iterable[Event], end_ms: int) -> tuple[Line, ...]:
    """Return the lines of a call that ended at `end_ms`, from its events in the log's order."""
    state = Transcript()
    for event in events:
        body = event_body(event)
        if body is not None:
            state = state.evolve(body)
    return replace(state, playout=playout.call_ended(state.playout, end_ms)).lines


def _evolve_reply(reply: _Reply, event: _ReplyEvent) -> _Reply:
    match event:
        case reply_pb2.ReplyStarted():
            return replace(reply, turn=event.turn)
        case reply_pb2.ReplyClause():
            clause = replace(reply.clauses.get(event.clause, _Clause("")), text=event.text)
            return replace(reply, clauses={**reply.clauses, event.clause: clause})
        case synthesis_pb2.ClauseSynthesized():
            text = reply.clauses.get(event.clause, _Clause("")).text
            words = tuple((word.text, word.end_ms * BYTES_PER_MS) for word in event.words)
            clause = _Clause(text, event.start_sample, event.end_sample, words)
            return replace(reply, clauses={**reply.clauses, event.clause: clause})
        case playback_pb2.PlaybackFinished():
            return replace(reply, finished=True)
        case playback_pb2.BargeIn():
            return replace(reply, interrupted=True)


def _played_text(reply: _Reply, played_samples: int) -> str:
    clauses = [reply.clauses[n] for n in sorted(reply.clauses)]
    if reply.finished:
        return "".join(clause.text for clause in clauses).strip()
    pieces: list[str] = []
    for clause in clauses:
        if clause.end_sample is not None and clause.end_sample <= played_samples:
            pieces.append(clause.text.strip())
            continue
        pieces += _played_words(clause, played_samples)
        break
    return " ".join(pieces)


def _played_words(clause: _Clause, played_samples: int) -> list[str]:
    if clause.words:
        return [text for text, end in clause.words if end <= played_samples]
    if clause.end_sample is None or played_samples <= clause.start_sample:
        return []
    # The TTS provider sent no word timings: the words are assumed to be spread evenly.
    words = clause.text.split()
    share = (played_samples - clause.start_sample) / (clause.end_sample - clause.start_sample)
    return words[: int(share * len(words))]
