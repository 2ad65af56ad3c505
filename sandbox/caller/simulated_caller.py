"""A simulated caller that follows a script: one 20 ms frame in, one out. No I/O, no clock."""

from dataclasses import dataclass, replace
from enum import StrEnum

from parley.audio.g711 import FRAME_BYTES, FRAME_MS, SILENCE
from sandbox.caller.caller_events import (
    AgentSpeechStarted,
    AgentSpeechStopped,
    DtmfPressed,
    Event,
    HungUp,
    StepTimedOut,
    UtteranceFinished,
    UtteranceStarted,
)
from sandbox.caller.echo import EchoPath
from sandbox.caller.loudness import SILENT_FRAME
from sandbox.caller.script import (
    ExpectHangUp,
    ExpectKeys,
    HangUp,
    Listen,
    Noise,
    Pause,
    Play,
    Press,
    Say,
    Script,
    Step,
)
from sandbox.caller.speech_detector import Segment, SpeechDetector
from sandbox.caller.utterance import Utterance
from sandbox.dtmf import DtmfDetector

_DTMF_INTERVAL_MS = 250


class Outcome(StrEnum):
    """How much of the script the caller completed."""

    COMPLETED = "completed"
    CUT_SHORT = "cut_short"
    TIMED_OUT = "timed_out"


@dataclass(frozen=True, slots=True)
class TickResult:
    """The caller's frame and events of one 20 ms tick."""

    frame: bytes
    events: tuple[Event, ...]


class SimulatedCaller:
    """Follows a script; `utterances` has the audio of each step, or None for a silent step."""

    __slots__ = (
        "_digits_pressed",
        "_dtmf",
        "_echo",
        "_hung_up",
        "_interrupted_at_ms",
        "_offset",
        "_script",
        "_step_index",
        "_step_started_ms",
        "_timed_out",
        "_utterances",
        "detector",
        "history",
        "keys_received",
    )

    def __init__(self, script: Script, utterances: tuple[Utterance | None, ...]) -> None:
        if len(utterances) != len(script.steps):
            raise ValueError("each step needs one utterance or None")
        self._script = script
        self._utterances = utterances
        self._step_index = 0
        self._step_started_ms = 0.0
        self._offset: int | None = None
        self._interrupted_at_ms: float | None = None
        self._digits_pressed = 0
        self._hung_up = False
        self._timed_out = False
        self.detector = SpeechDetector()
        """Detects the agent's speech."""
        self.history: list[Event] = []
        self.keys_received = ""
        """Keys that the other side has pressed; only noted if the script expects some."""
        expects_keys = any(isinstance(step, ExpectKeys) for step in script.steps)
        self._dtmf = DtmfDetector() if expects_keys else None
        self._echo = None if script.echo is None else EchoPath(script.echo)

    def tick(self, agent_frame: bytes) -> TickResult:
        """Receive 20 ms from the agent and produce 20 ms."""
        now_ms = self.detector.now_ms
        events: list[Event] = []
        started, finished = self.detector.process(agent_frame)
        if self._dtmf is not None:
            self.keys_received += self._dtmf.process(agent_frame)
        if started:
            events.append(AgentSpeechStarted(now_ms))
        if finished:
            events.append(AgentSpeechStopped(finished.start_ms, finished.end_ms))
        frame = self._next_frame(now_ms, events)
        if self._echo is not None:
            frame = self._echo.mix(frame, agent_frame)
        if events:
            self.history.extend(events)
        return TickResult(frame, tuple(events))

    def extend(self, steps: tuple[Step, ...], utterances: tuple[Utterance | None, ...]) -> None:
        """Add steps to the end of the script, with their audio."""
        if len(utterances) != len(steps):
            raise ValueError("each step needs one utterance or None")
        if self._step_index >= len(self._script.steps):
            # The script had ended: the time of the next step counts from now.
            self._step_started_ms = self.detector.now_ms
        self._script = replace(self._script, steps=(*self._script.steps, *steps))
        self._utterances = (*self._utterances, *utterances)

    def outcome(self) -> Outcome:
        """The outcome if the call ended now."""
        if self._timed_out:
            return Outcome.TIMED_OUT
        remaining = self._script.steps[self._step_index :]
        done = not remaining or isinstance(remaining[0], ExpectHangUp | HangUp)
        return Outcome.COMPLETED if done else Outcome.CUT_SHORT

    def agent_segments(self) -> tuple[Segment, ...]:
        """The agent's speech so far, the open segment included."""
        started_ms, end_ms = self.detector.speech_started_ms, self.detector.last_speech_ms
        open_segment = () if started_ms is None or end_ms is None else (Segment(started_ms, end_ms),)
        return (*self.detector.segments, *open_segment)

    def _next_frame(self, now_ms: float, events: list[Event]) -> bytes:
        while not self._hung_up and self._step_index < len(self._script.steps):
            step = self._script.steps[self._step_index]
            frame = self._step_frame(step, now_ms, events)
            if frame is not None:
                return frame
            self._step_index += 1
            self._step_started_ms = now_ms
            self._digits_pressed = 0
        return SILENT_FRAME

    def _step_frame(self, step: Step, now_ms: float, events: list[Event]) -> bytes | None:
        """The step's frame at this time, or None if the step is finished."""
        match step:
            case Listen():
                return self._listen_frame(step, now_ms, events)
            case Say() | Play() | Noise():
                return self._utterance_frame(step, now_ms, events)
            case Press(digits=digits):
                if not self._digits_pressed and not self._has_begun(step, now_ms, events):
                    return SILENT_FRAME
                return self._dtmf_frame(digits, now_ms, events)
            case Pause(ms=ms):
                return SILENT_FRAME if self._elapsed_ms(now_ms) < ms else None
            case HangUp():
                if self._may_start(step, now_ms, events):
                    self._hang_up(now_ms, events)
                return SILENT_FRAME
            case ExpectKeys() | ExpectHangUp():
                return self._expect_frame(step, now_ms, events)

    def _listen_frame(self, step: Listen, now_ms: float, events: list[Event]) -> bytes | None:
        last_speech_ms = self.detector.last_speech_ms
        if last_speech_ms is not None and last_speech_ms > self._step_started_ms:
            silent_ms = now_ms + FRAME_MS - last_speech_ms
            return SILENT_FRAME if silent_ms < step.silence_ms else None
        if self._elapsed_ms(now_ms) / 1000 >= step.timeout_s:
            self._time_out("listen", now_ms, events)
            return None
        return SILENT_FRAME

    def _utterance_frame(self, step: Say | Play | Noise, now_ms: float, events: list[Event]) -> bytes | None:
        utterance = self._utterances[self._step_index]
        if utterance is None:
            raise ValueError(f"step {self._step_index + 1} has no utterance")
        if self._offset is None:
            if not self._may_start(step, now_ms, events):
                return SILENT_FRAME
            self._offset = 0
            self._step_started_ms = now_ms
            agent_speaks = self.detector.speech_started_ms is not None
            self._interrupted_at_ms = now_ms + utterance.audible_start_ms if agent_speaks else None
            events.append(UtteranceStarted(utterance.text, now_ms))
        elif self._offset >= len(utterance.mulaw):
            self._offset = None
            events.append(self._utterance_finished(step, utterance))
            return None
        frame = utterance.mulaw[self._offset : self._offset + FRAME_BYTES]
        self._offset += FRAME_BYTES
        return frame.ljust(FRAME_BYTES, SILENCE)

    def _utterance_finished(self, step: Say | Play | Noise, utterance: Utterance) -> UtteranceFinished:
        return UtteranceFinished(
            text=f"[{step.kind}]" if isinstance(step, Noise) else step.text,
            start_ms=self._step_started_ms + utterance.audible_start_ms,
            end_ms=self._step_started_ms + utterance.audible_end_ms,
            is_noise=isinstance(step, Noise) or not step.text,
            interrupted_at_ms=self._interrupted_at_ms,
        )

    def _may_start(
        self, step: Say | Play | Noise | Press | HangUp, now_ms: float, events: list[Event]
    ) -> bool:
        if step.after_agent_starts_ms is None:
            return True
        started_ms = self.detector.speech_started_ms
        if started_ms is not None and now_ms - started_ms >= step.after_agent_starts_ms:
            return True
        if self._elapsed_ms(now_ms) / 1000 < step.timeout_s:
            return False
        self._time_out("agent to speak", now_ms, events)
        return True

    def _has_begun(self, step: Press, now_ms: float, events: list[Event]) -> bool:
        """Whether the first key may be pressed; the intervals of the keys count from then."""
        if not self._may_start(step, now_ms, events):
            return False
        self._step_started_ms = now_ms
        return True

    def _dtmf_frame(self, digits: str, now_ms: float, events: list[Event]) -> bytes | None:
        elapsed_ms = self._elapsed_ms(now_ms)
        if self._digits_pressed < len(digits) and elapsed_ms >= self._digits_pressed * _DTMF_INTERVAL_MS:
            events.append(DtmfPressed(digits[self._digits_pressed], now_ms))
            self._digits_pressed += 1
        return SILENT_FRAME if elapsed_ms < len(digits) * _DTMF_INTERVAL_MS else None

    def _expect_frame(
        self, step: ExpectKeys | ExpectHangUp, now_ms: float, events: list[Event]
    ) -> bytes | None:
        if isinstance(step, ExpectKeys):
            return self._expect_keys_frame(step, now_ms, events)
        if self._elapsed_ms(now_ms) / 1000 >= step.timeout_s:
            self._timed_out = True
            self._time_out("expect_hang_up", now_ms, events)
            self._hang_up(now_ms, events)
        return SILENT_FRAME

    def _expect_keys_frame(self, step: ExpectKeys, now_ms: float, events: list[Event]) -> bytes | None:
        if step.digits in self.keys_received:
            self.keys_received = self.keys_received.partition(step.digits)[2]
            return None
        if self._elapsed_ms(now_ms) / 1000 >= step.timeout_s:
            self._time_out(f"keys {step.digits}", now_ms, events)
            return None
        return SILENT_FRAME

    def _elapsed_ms(self, now_ms: float) -> float:
        return now_ms - self._step_started_ms

    def _time_out(self, waiting_for: str, now_ms: float, events: list[Event]) -> None:
        events.append(StepTimedOut(self._step_index + 1, waiting_for, now_ms))

    def _hang_up(self, now_ms: float, events: list[Event]) -> None:
        self._hung_up = True
        events.append(HungUp(now_ms))
