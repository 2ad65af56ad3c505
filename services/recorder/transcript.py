"""The transcript of a call, folded from its log; replies only as far as played. No I/O, no clock."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from parley.audio.g711 import BYTES_PER_MS
from parley.events.envelope import Body, event_body
from parley.v1 import call_pb2, handoff_pb2, playback_pb2, reply_pb2, speech_pb2, synthesis_pb2
from parley.v1.event_pb2 import Event
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
    agent: str = ""
    """The agent whose reply it is; empty for the caller."""


@dataclass(frozen=True, slots=True)
class _Clause:
    text: str
    start_sample: int = 0
    end_sample: int | None = None
    """End of its audio; None until the audio is complete."""
    words: tuple[tuple[str, int], ...] = ()
    """Each word, and the sample at which it ends."""


@dataclass(slots=True)
class _Reply:
    turn: int = 0
    agent: str = ""
    clauses: dict[int, _Clause] = field(default_factory=dict)
    finished: bool = False
    interrupted: bool = False

    def apply(self, event: "_ReplyEvent") -> None:
        match event:
            case reply_pb2.ReplyStarted():
                self.turn = event.turn
            case reply_pb2.ReplyClause():
                clause = self.clauses.get(event.clause, _Clause(""))
                self.clauses[event.clause] = replace(clause, text=event.text)
            case synthesis_pb2.ClauseSynthesized():
                text = self.clauses.get(event.clause, _Clause("")).text
                words = tuple((word.text, word.end_ms * BYTES_PER_MS) for word in event.words)
                self.clauses[event.clause] = _Clause(text, event.start_sample, event.end_sample, words)
            case playback_pb2.PlaybackFinished():
                self.finished = True
            case playback_pb2.BargeIn():
                self.interrupted = True


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
    pending: bool = False
    """Whether it has ended, but its words are still being transcribed."""

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


@dataclass(slots=True)
class Transcript:
    """The turns and replies of a call so far: an event costs the same after any number of turns."""

    _playout: Playout = field(default_factory=Playout)
    _turns: dict[int, _Turn] = field(default_factory=dict)
    _open_turns: set[int] = field(default_factory=set)
    """Turns that have not ended."""
    _replies: dict[str, _Reply] = field(default_factory=dict)
    _speech_started_ms: int | None = None
    _agent: str = ""
    """The agent that serves the call."""

    def finish(self, end_ms: int) -> tuple[Line, ...]:
        """End the call at a call time; return the transcript's lines in the order of their start."""
        self._playout.close(end_ms)
        caller = (turn.line for turn in self._turns.values())
        agent = (self._agent_line(reply_id, reply) for reply_id, reply in self._replies.items())
        lines = [line for line in (*caller, *agent) if line is not None and line.text]
        return tuple(sorted(lines, key=lambda line: line.start_ms))

    def _agent_line(self, reply_id: str, reply: _Reply) -> Line | None:
        spans = self._playout.spans_of(reply_id)
        if not spans:
            return None
        first, last = spans[0], spans[-1]
        return Line(
            "agent",
            _played_text(reply, last.until_sample),
            first.start // BYTES_PER_MS,
            last.end // BYTES_PER_MS,
            reply.turn,
            reply_id,
            reply.interrupted,
            reply.agent,
        )

    def apply(self, event: Body) -> None:
        """Apply an event of the call."""
        match event:
            case speech_pb2.SpeechStarted():
                # Speech without words, such as a cough, starts no turn: the next one replaces it.
                if not self._open_turns:
                    self._speech_started_ms = event.at_ms
            case speech_pb2.TranscriptUpdated() | speech_pb2.TurnEnded():
                self._add_caller_text(event)
            case (
                reply_pb2.ReplyStarted()
                | reply_pb2.ReplyClause()
                | synthesis_pb2.ClauseSynthesized()
                | playback_pb2.PlaybackFinished()
                | playback_pb2.BargeIn()
            ):
                self._replies.setdefault(event.reply_id, _Reply(agent=self._agent)).apply(event)
            case call_pb2.CallStarted() | handoff_pb2.AgentChanged():
                self._agent = event.agent.replace("\x00", "")
            case _:
                pass
        self._playout.apply(event)

    def _add_caller_text(self, event: speech_pb2.TranscriptUpdated | speech_pb2.TurnEnded) -> None:
        end_ms = event.speech_end_ms if isinstance(event, speech_pb2.TurnEnded) else event.audio_end_ms
        start_ms = end_ms if self._speech_started_ms is None else min(self._speech_started_ms, end_ms)
        turn = self._turns.get(event.turn, _Turn(event.turn, start_ms))
        if turn.ended:
            if turn.pending and isinstance(event, speech_pb2.TranscriptUpdated) and event.final:
                self._turns[event.turn] = replace(turn, text=event.text, pending=False)
            return
        if isinstance(event, speech_pb2.TranscriptUpdated) and event.words and turn.first_word_ms is None:
            turn = replace(turn, first_word_ms=event.words[0].start_ms)
        ended = isinstance(event, speech_pb2.TurnEnded)
        pending = isinstance(event, speech_pb2.TurnEnded) and event.transcript_pending
        self._turns[event.turn] = replace(turn, text=event.text, end_ms=end_ms, ended=ended, pending=pending)
        if ended:
            self._open_turns.discard(event.turn)
        else:
            self._open_turns.add(event.turn)
        self._speech_started_ms = None


def transcript(events: Iterable[Event], end_ms: int) -> tuple[Line, ...]:
    """Return the lines of a call that ended at `end_ms`, from its events in the log's order."""
    state = Transcript()
    for event in events:
        body = event_body(event)
        if body is not None:
            state.apply(body)
    return state.finish(end_ms)


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
