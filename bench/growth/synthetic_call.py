"""Generates the events of a long call in which caller and agent speak in turn. No I/O."""

import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

from parley.events.envelope import Body, wrap
from parley.v1 import call_pb2, playback_pb2, reply_pb2, speech_pb2, synthesis_pb2, work_pb2
from parley.v1.event_pb2 import Event

CALL_SID = "CA" + "6" * 32
_SAMPLES_PER_MS = 8
_WORD_MS = 320
_TRANSCRIPT_INTERVAL_MS = 400
_QUESTIONS = (
    "I would like to book a visit with doctor Miller next week",
    "what does a first visit cost and does my insurance pay for it",
    "my number is zero three zero four four seven one two",
    "could you move that to Thursday in the afternoon please",
    "and can I bring my daughter along she has the same cough",
    "that sounds good what do I need to bring with me",
)
_ANSWERS = (
    ("Certainly. ", "Doctor Miller has a place on Tuesday at ten. ", "Would that suit you?"),
    ("A first visit is forty dollars. ", "Most insurances pay half of it."),
    ("Thank you, I have noted that number. ", "Is there anything else that I can do for you today?"),
    ("I can do that. ", "Thursday at three is free, and so is four. ", "Which one do you prefer?"),
    ("Yes, of course. ", "Please bring her insurance card as well."),
)
_BODY_OF_STAGE = {
    "edge": (call_pb2, playback_pb2),
    "stt": (speech_pb2,),
    "tts": (synthesis_pb2,),
    "brain": (reply_pb2,),
}


@dataclass(slots=True)
class SyntheticCall:
    """Generates the events of one call, in the order of the log."""

    seed: int = 1
    progress_ms: int = 5000
    """Interval of playback.progressed."""
    started_at_us: int = 1_763_700_000_000_000
    call_sid: str = CALL_SID
    epoch: int = 1
    now_ms: int = 0
    _turn: int = 0
    _reply: int = 0
    _tool: int = 0
    _random: random.Random = field(init=False)
    _sequences: dict[str, "count[int]"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def events(self, minutes: float) -> Iterator[Event]:
        """Yield the call's events up to this time, at the end of an exchange."""
        yield self._event(call_pb2.CallStarted(agent="growth"))
        for stage in ("stt", "brain", "tts", "recorder"):
            yield self._event(work_pb2.StageClaimed(worker=f"{stage}/host/1"), stage)
        yield self._event(call_pb2.StreamStarted(stream_sid="MZ1"))
        yield from self._reply_events(reply_pb2.REPLY_KIND_GREETING, 0, ("Hello, how can I help?",))
        yield from self.exchanges(round(minutes * 60_000))

    def next_minute(self) -> Iterator[Event]:
        """Yield one more minute, the same at any time of any call apart from its numbers; changes nothing."""
        after = copy.deepcopy(self)
        after.reseed(0)
        yield from after.exchanges(after.now_ms + 60_000)

    def reseed(self, seed: int) -> None:
        """Make the following exchanges those of another seed."""
        self._random = random.Random(seed)

    def exchanges(self, until_ms: int) -> Iterator[Event]:
        """Yield exchanges up to this call time."""
        while self.now_ms < until_ms:
            yield from self._exchange()

    def own_event(self, body: Body) -> Event:
        """Return an event of this call and time."""
        return self._event(body)

    @property
    def last_turn(self) -> int:
        """Number of the caller's last turn."""
        return self._turn

    def _exchange(self) -> Iterator[Event]:
        chance = self._random.random()
        if chance < 0.02:
            yield from self._keys()
        elif chance < 0.04:
            self.now_ms += 8000
            yield from self._reply_events(reply_pb2.REPLY_KIND_IDLE_PROMPT, 0, ("Are you still there?",))
        else:
            yield from self._speech()

    def _speech(self) -> Iterator[Event]:
        self._turn += 1
        self.now_ms += self._random.randint(300, 1500)
        yield from self._turn_events(self._random.choice(_QUESTIONS))
        yield from self._answer()

    def _keys(self) -> Iterator[Event]:
        for digit in "42#":
            self.now_ms += 400
            yield self._event(call_pb2.DtmfPressed(digit=digit))
        yield self._event(reply_pb2.DtmfCollected(digits="42", ended_by="terminator"))
        yield from self._answer()

    def _turn_events(self, text: str) -> Iterator[Event]:
        yield self._event(speech_pb2.SpeechStarted(at_ms=self.now_ms))
        words = text.split()
        for number in range(1, len(words) + 1):
            self.now_ms += _TRANSCRIPT_INTERVAL_MS
            transcript = " ".join(words[:number])
            yield self._event(
                speech_pb2.TranscriptUpdated(turn=self._turn, text=transcript, audio_end_ms=self.now_ms)
            )
        yield self._event(speech_pb2.SpeechStopped(at_ms=self.now_ms))
        if self._random.random() < 0.15:
            yield self._event(speech_pb2.EagerEndOfTurn(turn=self._turn, text=text))
            yield self._event(self._started(reply_pb2.REPLY_KIND_ANSWER, self._turn, predicted=text))
            yield self._event(reply_pb2.ReplyCancelled(reply_id=self._reply_id, reason="speculation"))
            yield self._event(speech_pb2.TurnResumed(turn=self._turn))
            self.now_ms += 800
        self.now_ms += 300
        yield self._event(
            speech_pb2.TurnEnded(
                turn=self._turn, text=text, speech_end_ms=self.now_ms - 300, audio_end_ms=self.now_ms
            )
        )

    def _answer(self) -> Iterator[Event]:
        if self._random.random() < 0.1:
            yield from self._tool_events()
        clauses = self._random.choice(_ANSWERS)
        yield from self._reply_events(reply_pb2.REPLY_KIND_ANSWER, self._turn, clauses)

    def _tool_events(self) -> Iterator[Event]:
        self._tool += 1
        yield self._event(self._started(reply_pb2.REPLY_KIND_ANSWER, self._turn))
        yield self._event(reply_pb2.ReplyFinished(reply_id=self._reply_id, reason="tool_calls"))
        yield self._event(synthesis_pb2.SynthesisFinished(reply_id=self._reply_id))
        yield self._event(self._at(playback_pb2.PlaybackFinished, 0))
        called = reply_pb2.ToolCalled(
            tool_call_id=f"turn{self._turn}-{self._tool}",
            name="look_up",
            arguments='{"day": "Tuesday"}',
            reply_id=self._reply_id,
            turn=self._turn,
        )
        yield self._event(called)
        self.now_ms += 400
        returned = reply_pb2.ToolReturned(tool_call_id=called.tool_call_id, result='{"free": ["10:00"]}')
        yield self._event(returned)

    def _reply_events(
        self, kind: reply_pb2.ReplyKind, turn: int, clauses: tuple[str, ...]
    ) -> Iterator[Event]:
        yield self._event(self._started(kind, turn))
        reply_id = self._reply_id
        for number, text in enumerate(clauses):
            self.now_ms += 60
            yield self._event(reply_pb2.ReplyClause(reply_id=reply_id, clause=number, text=text))
        yield self._event(reply_pb2.ReplyFinished(reply_id=reply_id, clauses=len(clauses), reason="stop"))
        yield self._event(synthesis_pb2.SynthesisStarted(reply_id=reply_id))
        samples = 0
        for number, text in enumerate(clauses):
            words = _timed(text, samples // _SAMPLES_PER_MS)
            start, samples = samples, words[-1].end_ms * _SAMPLES_PER_MS
            yield self._event(
                synthesis_pb2.ClauseSynthesized(
                    reply_id=reply_id, clause=number, start_sample=start, end_sample=samples, words=words
                )
            )
        yield self._event(synthesis_pb2.SynthesisFinished(reply_id=reply_id, samples=samples))
        yield from self._playback(reply_id, samples)

    def _playback(self, reply_id: str, samples: int) -> Iterator[Event]:
        yield self._event(playback_pb2.PlaybackStarted(reply_id=reply_id, at_ms=self.now_ms))
        interrupted = self._random.random() < 0.08
        end = samples // 2 if interrupted else samples
        for played in range(self.progress_ms * _SAMPLES_PER_MS, end, self.progress_ms * _SAMPLES_PER_MS):
            self.now_ms += self.progress_ms
            yield self._event(self._at(playback_pb2.PlaybackProgressed, played))
        self.now_ms += end // _SAMPLES_PER_MS % self.progress_ms
        if interrupted:
            yield self._event(self._at(playback_pb2.PlaybackPaused, end))
            yield self._event(reply_pb2.ReplyCancelled(reply_id=reply_id, reason="barge_in"))
            yield self._event(self._at(playback_pb2.BargeIn, end))
        else:
            yield self._event(self._at(playback_pb2.PlaybackFinished, end))

    def _at(self, kind: Callable[..., Body], played: int) -> Body:
        return kind(reply_id=self._reply_id, played_samples=played, at_ms=self.now_ms)

    def _started(self, kind: reply_pb2.ReplyKind, turn: int, predicted: str = "") -> reply_pb2.ReplyStarted:
        self._reply += 1
        return reply_pb2.ReplyStarted(
            reply_id=self._reply_id,
            turn=turn,
            kind=kind,
            speculative=bool(predicted),
            predicted_text=predicted,
        )

    @property
    def _reply_id(self) -> str:
        return f"r{self._reply}"

    def _event(self, body: Body, stage: str = "") -> Event:
        stage = stage or _stage_of(body)
        sequence = next(self._sequences.setdefault(stage, count(1)))
        return wrap(
            body,
            call_sid=self.call_sid,
            stage=stage,
            epoch=self.epoch,
            sequence=sequence,
            sent_at_us=self.started_at_us + self.now_ms * 1000,
            traceparent="",
        )


def _stage_of(body: Body) -> str:
    file = body.DESCRIPTOR.file.name
    return next(
        stage for stage, modules in _BODY_OF_STAGE.items() if file in {m.DESCRIPTOR.name for m in modules}
    )


def _timed(text: str, start_ms: int) -> list[synthesis_pb2.WordTiming]:
    return [
        synthesis_pb2.WordTiming(
            text=word, start_ms=start_ms + n * _WORD_MS, end_ms=start_ms + (n + 1) * _WORD_MS
        )
        for n, word in enumerate(text.split())
    ]
