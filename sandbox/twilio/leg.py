"""One leg of a call: its record, its simulated caller, its line, its events."""

import time
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from parley.audio.g711 import bytes_to_ms
from sandbox import tone
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
from sandbox.caller.report import build_report
from sandbox.caller.script import ExpectHangUp, Script
from sandbox.caller.simulated_caller import Outcome, SimulatedCaller
from sandbox.caller.utterance import Utterance
from sandbox.emulator import Journal
from sandbox.twilio.call_events import CallEvents
from sandbox.twilio.line import Line
from sandbox.twilio.records import CallRecord

_EVENT_KINDS: dict[type[Event], str] = {
    UtteranceStarted: "utterance_started",
    UtteranceFinished: "utterance_finished",
    DtmfPressed: "dtmf_pressed",
    AgentSpeechStarted: "agent_speech_started",
    AgentSpeechStopped: "agent_speech_stopped",
    StepTimedOut: "step_timed_out",
    HungUp: "hung_up",
}


class Leg:
    """One telephone in a call; `on_event` is called with each of the caller's events."""

    def __init__(
        self,
        record: CallRecord,
        script: Script,
        utterances: tuple[Utterance | None, ...],
        journal: Journal,
        drift_ppm: float = 0.0,
    ) -> None:
        self.record = record
        self.script = script
        self.events = CallEvents()
        self.warnings: list[str] = []
        self.on_event: Callable[[Event], None] | None = None
        self.has_audio = True
        self._journal = journal
        self.line = Line(SimulatedCaller(script, utterances), self._on_caller_event, drift_ppm)

    def note(self, kind: str, **details: Any) -> None:
        """Add an event to the call's events and to the journal."""
        at_us = time.time_ns() // 1000
        self.events.append({"kind": kind, "at_us": at_us, "at_ms": self.line.now_ms, **details})
        self._journal.note(kind, call_sid=self.record.sid, **details)
        if kind == "warning":
            self.warnings.append(f"{details.get('code', 0)}: {details.get('text', '')}")

    def extend(self, script: Script, utterances: tuple[Utterance | None, ...]) -> None:
        """Add the steps of a script to the caller's."""
        self.line.caller.extend(script.steps, utterances)
        self.script = replace(self.script, steps=(*self.script.steps, *script.steps))

    def close(self) -> None:
        """Close the call's events."""
        status, duration_ms = self.record.status, bytes_to_ms(len(self.line.agent_audio))
        details = {"status": status, "outcome": self.outcome(), "duration_ms": duration_ms}
        self._journal.note("ended", call_sid=self.record.sid, **details)
        at_us = time.time_ns() // 1000
        self.events.close({"kind": "ended", "at_us": at_us, "at_ms": duration_ms, **details})

    def discard_audio(self) -> None:
        """Discard the audio of an ended call; the report remains."""
        self.has_audio = False
        self.line.agent_audio.clear()
        self.line.caller_audio.clear()

    def outcome(self) -> str:
        """The script's outcome, or Twilio's call status if the call was never answered."""
        if self.record.is_live:
            return "in_progress"
        if self.record.answered_at is None:
            return self.record.status
        return str(self.line.caller.outcome())

    def report(self, *, decode_tone: bool) -> dict[str, Any]:
        """The caller's report of the call."""
        line = self.line
        report = build_report(
            line.caller,
            call_sid=self.record.sid,
            outcome=self.outcome(),
            began_at=line.began_at,
            agent_audio=bytes(line.agent_audio),
            decode=lambda audio: tone.decode(audio).split() if decode_tone else [],
            warnings=self.warnings,
        ).model_dump(mode="json")
        return {
            **report,
            "status": self.record.status,
            "began_at": line.began_at,
            "expected_hang_up_ok": self._expected_hang_up_ok(),
        }

    def _expected_hang_up_ok(self) -> bool | None:
        """Whether the agent hung up as expected; None without such a step, or while the call is live."""
        if self.record.is_live or not any(isinstance(step, ExpectHangUp) for step in self.script.steps):
            return None
        return self.line.caller.outcome() is Outcome.COMPLETED

    def _on_caller_event(self, event: Event) -> None:
        details = asdict(event)
        details.setdefault("at_ms", details.get("end_ms", 0.0))
        if isinstance(event, HungUp):
            details["by"] = "caller"
        self.note(_EVENT_KINDS[type(event)], **details)
        if self.on_event is not None:
            self.on_event(event)
