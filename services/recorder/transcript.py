"""Who said what and when; of the agent only what was heard. A fold over the log; no I/O, no clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from parley.audio.g711 import BYTES_PER_MS
from parley.events.envelope import Body, event_body
from parley.v1 import playback_pb2, reply_pb2, speech_pb2, synthesis_pb2
from parley.v1.event_pb2 import Event
from services.recorder import heard
from services.recorder.heard import Heard


@dataclass(frozen=True, slots=True)
class Line:
    """What one of the two said at one go; times are call time."""

    who: Literal["caller", "agent"]
    text: str
    start_ms: int
    end_ms: int
    turn: int
    """The caller's turn that it is, or answers; 0 for none."""
    reply_id: str = ""
    interrupted: bool = False
    """The caller took the turn before the agent had finished."""


@dataclass(frozen=True, slots=True)
class _Clause:
    text: str
    start_sample: int = 0
    end_sample: int | None = None
    """None while its sound is not complete."""
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
    voice_ms: int
    """Where the voice detector heard it begin."""
    words_ms: int | None = None
    """Where its first word began, which is the better word."""
    end_ms: int = 0
    text: str = ""
    ended: bool = False

    @property
    def line(self) -> Line:
        start_ms = self.voice_ms if self.words_ms is None else self.words_ms
        return Line("caller", self.text.strip(), start_ms, max(start_ms, self.end_ms), self.turn)


@dataclass(frozen=True, slots=True)
class Transcript:
    """What is known of a call's words so far."""

    heard: Heard = field(default_factory=Heard)
    _turns: Mapping[int, _Turn] = field(default_factory=dict)
    _replies: Mapping[str, _Reply] = field(default_factory=dict)
    _voice_ms: int | None = None

    @property
    def lines(self) -> tuple[Line, ...]:
        """All that was said and heard, in the order in which it began."""
        caller = (turn.line for turn in self._turns.values())
        agent = (self._agent_line(reply_id, reply) for reply_id, reply in self._replies.items())
        said = [line for line in (*caller, *agent) if line is not None and line.text]
        return tuple(sorted(said, key=lambda line: line.start_ms))

    def _agent_line(self, reply_id: str, reply: _Reply) -> Line | None:
        first, last = self.heard.first_of(reply_id), self.heard.last_of(reply_id)
        if first is None or last is None:
            return None
        return Line(
            "agent",
            _heard_text(reply, last.until_sample),
            first.start // BYTES_PER_MS,
            last.end // BYTES_PER_MS,
            reply.turn,
            reply_id,
            reply.interrupted,
        )

    def after(self, said: Body) -> "Transcript":
        """What is known after an event."""
        match said:
            case speech_pb2.SpeechStarted():
                # A sound without words, such as a cough, begins no turn: the next sound may.
                amid_turn = any(not turn.ended for turn in self._turns.values())
                return self if amid_turn else replace(self, _voice_ms=said.at_ms)
            case speech_pb2.TranscriptUpdated() | speech_pb2.TurnEnded():
                return self._caller_said(said)
            case (
                reply_pb2.ReplyStarted()
                | reply_pb2.ReplyClause()
                | synthesis_pb2.ClauseSynthesized()
                | playback_pb2.PlaybackFinished()
                | playback_pb2.BargeIn()
            ):
                before = self._replies.get(said.reply_id, _Reply(0))
                replies = {**self._replies, said.reply_id: _evolve_reply(before, said)}
                return replace(self, heard=heard.evolve(self.heard, said), _replies=replies)
            case _:
                return replace(self, heard=heard.evolve(self.heard, said))

    def _caller_said(self, said: speech_pb2.TranscriptUpdated | speech_pb2.TurnEnded) -> "Transcript":
        end_ms = said.speech_end_ms if isinstance(said, speech_pb2.TurnEnded) else said.audio_end_ms
        voice_ms = end_ms if self._voice_ms is None else min(self._voice_ms, end_ms)
        turn = self._turns.get(said.turn, _Turn(said.turn, voice_ms))
        if turn.ended:
            return self
        if isinstance(said, speech_pb2.TranscriptUpdated) and said.words and turn.words_ms is None:
            turn = replace(turn, words_ms=said.words[0].start_ms)
        ended = isinstance(said, speech_pb2.TurnEnded)
        turn = replace(turn, text=said.text, end_ms=end_ms, ended=ended)
        return replace(self, _turns={**self._turns, said.turn: turn}, _voice_ms=None)


def transcript(events: Iterable[Event], ended_ms: int) -> tuple[Line, ...]:
    """The lines of a call from its events, in the log's order; the line went dead at `ended_ms`."""
    known = Transcript()
    for event in events:
        body = event_body(event)
        if body is not None:
            known = known.after(body)
    return replace(known, heard=heard.call_ended(known.heard, ended_ms)).lines


def _evolve_reply(
    before: _Reply,
    said: reply_pb2.ReplyStarted
    | reply_pb2.ReplyClause
    | synthesis_pb2.ClauseSynthesized
    | playback_pb2.PlaybackFinished
    | playback_pb2.BargeIn,
) -> _Reply:
    match said:
        case reply_pb2.ReplyStarted():
            return replace(before, turn=said.turn)
        case reply_pb2.ReplyClause():
            clause = replace(before.clauses.get(said.clause, _Clause("")), text=said.text)
            return replace(before, clauses={**before.clauses, said.clause: clause})
        case synthesis_pb2.ClauseSynthesized():
            text = before.clauses.get(said.clause, _Clause("")).text
            words = tuple((word.text, word.end_ms * BYTES_PER_MS) for word in said.words)
            clause = _Clause(text, said.start_sample, said.end_sample, words)
            return replace(before, clauses={**before.clauses, said.clause: clause})
        case playback_pb2.PlaybackFinished():
            return replace(before, finished=True)
        case playback_pb2.BargeIn():
            return replace(before, interrupted=True)


def _heard_text(reply: _Reply, heard_samples: int) -> str:
    clauses = [reply.clauses[n] for n in sorted(reply.clauses)]
    if reply.finished:
        return "".join(clause.text for clause in clauses).strip()
    pieces: list[str] = []
    for clause in clauses:
        if clause.end_sample is not None and clause.end_sample <= heard_samples:
            pieces.append(clause.text.strip())
            continue
        pieces += _heard_words(clause, heard_samples)
        break
    return " ".join(pieces)


def _heard_words(clause: _Clause, heard_samples: int) -> list[str]:
    if clause.words:
        return [text for text, end in clause.words if end <= heard_samples]
    if clause.end_sample is None or heard_samples <= clause.start_sample:
        return []
    # The voice gave no times for its words: they are taken to be spread evenly.
    words = clause.text.split()
    share = (heard_samples - clause.start_sample) / (clause.end_sample - clause.start_sample)
    return words[: int(share * len(words))]
