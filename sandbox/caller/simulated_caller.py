"""A simulated person: hears a frame, says a frame, follows a script; 20 ms a step. No I/O, no clock."""

from dataclasses import dataclass
from enum import StrEnum

from parley.mulaw import FRAME_BYTES, FRAME_MS, SILENCE
from sandbox.caller.loudness import SILENT_FRAME
from sandbox.caller.script import ExpectHangUp, HangUp, Listen, Noise, Pause, Press, Say, Script, Step
from sandbox.caller.speech_detector import Hearing, Segment
from sandbox.caller.utterance import Utterance

_KEY_MS = 250


@dataclass(frozen=True, slots=True)
class Spoke:
    """The person began an utterance or a noise."""

    text: str
    at_ms: float


@dataclass(frozen=True, slots=True)
class Said:
    """The person ended an utterance or a noise; the times are those of its voiced part."""

    text: str
    start_ms: float
    end_ms: float
    is_noise: bool
    interrupted_at_ms: float | None
    """When it began while the other side was speaking; None otherwise."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """The person pressed a key."""

    digit: str
    at_ms: float


@dataclass(frozen=True, slots=True)
class AgentBegan:
    """The other side began to speak."""

    at_ms: float


@dataclass(frozen=True, slots=True)
class AgentStopped:
    """The other side has stopped; told a pause's length later."""

    start_ms: float
    end_ms: float


@dataclass(frozen=True, slots=True)
class GaveUpWaiting:
    """A step's time-out passed."""

    step: int
    what: str
    at_ms: float


@dataclass(frozen=True, slots=True)
class HungUp:
    """The person put the phone down."""

    at_ms: float


Event = Spoke | Said | Pressed | AgentBegan | AgentStopped | GaveUpWaiting | HungUp


class Outcome(StrEnum):
    """How far a person came with the script."""

    COMPLETED = "completed"
    CUT_SHORT = "cut_short"
    TIMED_OUT = "timed_out"


@dataclass(frozen=True, slots=True)
class Turn:
    """What one step of 20 ms brought."""

    said: bytes
    events: tuple[Event, ...]


class Person:
    """Follows a script; `sounds` holds the sound of each of its steps."""

    __slots__ = (
        "_began_ms",
        "_hung_up",
        "_interrupted_at_ms",
        "_offset",
        "_pressed",
        "_script",
        "_sounds",
        "_step",
        "_timed_out",
        "hearing",
        "history",
    )

    def __init__(self, script: Script, sounds: tuple[Utterance | None, ...]) -> None:
        if len(sounds) != len(script.steps):
            raise ValueError("one sound (or None) is needed for each step")
        self._script = script
        self._sounds = sounds
        self._step = 0
        self._began_ms = 0.0
        self._offset: int | None = None
        self._interrupted_at_ms: float | None = None
        self._pressed = 0
        self._hung_up = False
        self._timed_out = False
        self.hearing = Hearing()
        self.history: list[Event] = []

    def tick(self, heard: bytes) -> Turn:
        """Hear 20 ms, say 20 ms."""
        now_ms = self.hearing.now_ms
        events: list[Event] = []
        began, over = self.hearing.hear(heard)
        if began:
            events.append(AgentBegan(now_ms))
        if over:
            events.append(AgentStopped(over.start_ms, over.end_ms))
        said = self._act(now_ms, events)
        if events:
            self.history.extend(events)
        return Turn(said, tuple(events))

    def outcome(self) -> Outcome:
        """How far the script has come; asked when the call is over."""
        if self._timed_out:
            return Outcome.TIMED_OUT
        left = self._script.steps[self._step :]
        done = not left or isinstance(left[0], ExpectHangUp | HangUp)
        return Outcome.COMPLETED if done else Outcome.CUT_SHORT

    def segments(self) -> tuple[Segment, ...]:
        """What was heard, the segment that is still open included."""
        since_ms, end_ms = self.hearing.speaking_since_ms, self.hearing.last_voiced_end_ms
        still = () if since_ms is None or end_ms is None else (Segment(since_ms, end_ms),)
        return (*self.hearing.segments, *still)

    def _act(self, now_ms: float, events: list[Event]) -> bytes:
        while not self._hung_up and self._step < len(self._script.steps):
            step = self._script.steps[self._step]
            frame = self._follow(step, now_ms, events)
            if frame is not None:
                return frame
            self._step += 1
            self._began_ms = now_ms
            self._pressed = 0
        return SILENT_FRAME

    def _follow(self, step: Step, now_ms: float, events: list[Event]) -> bytes | None:
        """The frame this step says now, or None when the step is over."""
        match step:
            case Listen():
                return self._listen(step, now_ms, events)
            case Say() | Noise():
                return self._sound(step, now_ms, events)
            case Press(digits=digits):
                return self._press(digits, now_ms, events)
            case Pause(ms=ms):
                return SILENT_FRAME if now_ms - self._began_ms < ms else None
            case HangUp():
                self._hang_up(now_ms, events)
                return SILENT_FRAME
            case ExpectHangUp(timeout_s=timeout_s):
                if self._waited_s(now_ms) >= timeout_s:
                    self._timed_out = True
                    self._give_up("expect_hang_up", now_ms, events)
                    self._hang_up(now_ms, events)
                return SILENT_FRAME

    def _listen(self, step: Listen, now_ms: float, events: list[Event]) -> bytes | None:
        heard_ms = self.hearing.last_voiced_end_ms
        if heard_ms is not None and heard_ms > self._began_ms:
            silent_ms = now_ms + FRAME_MS - heard_ms
            return SILENT_FRAME if silent_ms < step.silence_ms else None
        if self._waited_s(now_ms) >= step.timeout_s:
            self._give_up("listen", now_ms, events)
            return None
        return SILENT_FRAME

    def _sound(self, step: Say | Noise, now_ms: float, events: list[Event]) -> bytes | None:
        sound = self._sounds[self._step]
        if sound is None:
            raise ValueError(f"step {self._step + 1} has no sound")
        if self._offset is None:
            if not self._may_begin(step, now_ms, events):
                return SILENT_FRAME
            self._offset = 0
            self._began_ms = now_ms
            agent_speaks = self.hearing.speaking_since_ms is not None
            self._interrupted_at_ms = now_ms + sound.voiced_start_ms if agent_speaks else None
            events.append(Spoke(sound.text, now_ms))
        elif self._offset >= len(sound.mulaw):
            self._offset = None
            events.append(self._said(step, sound))
            return None
        frame = sound.mulaw[self._offset : self._offset + FRAME_BYTES]
        self._offset += FRAME_BYTES
        return frame.ljust(FRAME_BYTES, SILENCE)

    def _said(self, step: Say | Noise, sound: Utterance) -> Said:
        start_ms, end_ms = self._began_ms + sound.voiced_start_ms, self._began_ms + sound.voiced_end_ms
        is_noise = isinstance(step, Noise)
        text = f"[{step.kind}]" if isinstance(step, Noise) else step.text
        return Said(text, start_ms, end_ms, is_noise, self._interrupted_at_ms)

    def _may_begin(self, step: Say | Noise, now_ms: float, events: list[Event]) -> bool:
        if step.after_agent_starts_ms is None:
            return True
        since_ms = self.hearing.speaking_since_ms
        if since_ms is not None and now_ms - since_ms >= step.after_agent_starts_ms:
            return True
        if self._waited_s(now_ms) < step.timeout_s:
            return False
        self._give_up("agent to speak", now_ms, events)
        return True

    def _press(self, digits: str, now_ms: float, events: list[Event]) -> bytes | None:
        if self._pressed < len(digits) and now_ms - self._began_ms >= self._pressed * _KEY_MS:
            events.append(Pressed(digits[self._pressed], now_ms))
            self._pressed += 1
        return SILENT_FRAME if now_ms - self._began_ms < len(digits) * _KEY_MS else None

    def _waited_s(self, now_ms: float) -> float:
        return (now_ms - self._began_ms) / 1000

    def _give_up(self, what: str, now_ms: float, events: list[Event]) -> None:
        events.append(GaveUpWaiting(self._step + 1, what, now_ms))

    def _hang_up(self, now_ms: float, events: list[Event]) -> None:
        self._hung_up = True
        events.append(HungUp(now_ms))
