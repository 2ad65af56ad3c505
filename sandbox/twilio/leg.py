"""One telephone in a call: who is on it, what Twilio knows of it, what happened on it."""

import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from parley.mulaw import ms_of
from sandbox import tone
from sandbox.caller.report import build_report
from sandbox.caller.script import ExpectHangUp, Script
from sandbox.caller.simulated_caller import (
    AgentSpeechStarted,
    AgentSpeechStopped,
    DtmfPressed,
    Event,
    HungUp,
    Outcome,
    SimulatedCaller,
    StepTimedOut,
    UtteranceFinished,
    UtteranceStarted,
)
from sandbox.caller.utterance import Utterance
from sandbox.emulator import Journal
from sandbox.twilio.call_events import CallEvents
from sandbox.twilio.line import Line
from sandbox.twilio.records import CallRecord

_KINDS: dict[type[Event], str] = {
    UtteranceStarted: "utterance_started",
    UtteranceFinished: "utterance_finished",
    DtmfPressed: "dtmf_pressed",
    AgentSpeechStarted: "agent_speech_started",
    AgentSpeechStopped: "agent_speech_stopped",
    StepTimedOut: "step_timed_out",
    HungUp: "hung_up",
}


class Leg:
    """A call as one telephone has it; what the person does is told to `on_event` too."""

    def __init__(
        self,
        record: CallRecord,
        script: Script,
        sounds: tuple[Utterance | None, ...],
        journal: Journal,
        drift_ppm: float = 0.0,
    ) -> None:
        self.record = record
        self.script = script
        self.events = CallEvents()
        self.warnings: list[str] = []
        self.on_event: Callable[[Event], None] | None = None
        self.sound_kept = True
        self._journal = journal
        self.line = Line(SimulatedCaller(script, sounds), self._take, drift_ppm)

    def note(self, kind: str, **details: Any) -> None:
        """Keep something noteworthy, for those who follow the call and for the log."""
        at_us = time.time_ns() // 1000
        self.events.append({"kind": kind, "at_us": at_us, "at_ms": self.line.now_ms, **details})
        self._journal.note(kind, call_sid=self.record.sid, **details)
        if kind == "warning":
            self.warnings.append(f"{details.get('code', 0)}: {details.get('text', '')}")

    def close(self) -> None:
        """Tell followers that the call is over."""
        status, duration_ms = self.record.status, ms_of(len(self.line.heard))
        details = {"status": status, "outcome": self.outcome(), "duration_ms": duration_ms}
        self._journal.note("ended", call_sid=self.record.sid, **details)
        at_us = time.time_ns() // 1000
        self.events.close({"kind": "ended", "at_us": at_us, "at_ms": duration_ms, **details})

    def forget_sound(self) -> None:
        """Keep the report only."""
        self.sound_kept = False
        self.line.heard.clear()
        self.line.said.clear()

    def outcome(self) -> str:
        """How far the person came; Twilio's word for a call that nobody answered."""
        if self.record.live:
            return "in_progress"
        if self.record.answered_at is None:
            return self.record.status
        return str(self.line.person.outcome())

    def report(self, *, decode_tone: bool) -> dict[str, Any]:
        """What the person has to tell."""
        line = self.line
        report = build_report(
            line.person,
            call_sid=self.record.sid,
            outcome=self.outcome(),
            began_at=line.began_at,
            agent_audio=bytes(line.heard),
            decode=lambda sound: tone.decode(sound).split() if decode_tone else [],
            warnings=self.warnings,
        ).model_dump(mode="json")
        return {
            **report,
            "status": self.record.status,
            "began_at": line.began_at,
            "expected_hang_up_ok": self._expected_hang_up_ok(),
        }

    def _expected_hang_up_ok(self) -> bool | None:
        """None when the script expects none, or the call still goes on."""
        if self.record.live or not any(isinstance(step, ExpectHangUp) for step in self.script.steps):
            return None
        return self.line.person.outcome() is Outcome.COMPLETED

    def _take(self, event: Event) -> None:
        details = asdict(event)
        details.setdefault("at_ms", details.get("end_ms", 0.0))
        if isinstance(event, HungUp):
            details["by"] = "caller"
        self.note(_KINDS[type(event)], **details)
        if self.on_event is not None:
            self.on_event(event)
