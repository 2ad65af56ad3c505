"""State shared by all calls: settings, clock, webhooks, records."""

from dataclasses import dataclass, field

from sandbox.emulator import Journal, RuntimeSettings
from sandbox.twilio.clock import Clock
from sandbox.twilio.conferences import Conferences
from sandbox.twilio.directory import Directory
from sandbox.twilio.faults import Faults
from sandbox.twilio.leg import Leg
from sandbox.twilio.records import RecordingRecord
from sandbox.twilio.settings import TwilioSandboxSettings
from sandbox.twilio.task_scope import TaskScope
from sandbox.twilio.webhooks import WebhookRequest, Webhooks

_MAX_CALLS_WITH_AUDIO = 200
"""Ended calls whose audio is kept; one minute of a call takes 1 MB."""


@dataclass(frozen=True, slots=True)
class EmulatorContext:
    """Shared services and records of the emulator."""

    runtime_settings: RuntimeSettings[TwilioSandboxSettings]
    journal: Journal
    clock: Clock
    webhooks: Webhooks
    directory: Directory
    tasks: TaskScope
    """Runs callbacks, which may outlive their calls."""
    legs: dict[str, Leg] = field(default_factory=dict)
    """By CallSid, oldest first."""
    recordings: dict[str, RecordingRecord] = field(default_factory=dict)
    conferences: Conferences = field(default_factory=Conferences)

    @property
    def settings(self) -> TwilioSandboxSettings:
        """The current settings."""
        return self.runtime_settings.current

    def send_callback(self, request: WebhookRequest, faults: Faults) -> None:
        """Send a callback in the background."""
        self.tasks.start(self.webhooks.send_callback(request, faults), f"callback {request.url}")

    def add_leg(self, leg: Leg) -> None:
        """Register a leg; the oldest ended calls first lose their audio, then are removed."""
        ended = [old for old in self.legs.values() if not old.record.is_live]
        self.legs[leg.record.sid] = leg
        for old in ended[:-_MAX_CALLS_WITH_AUDIO]:
            old.discard_audio()
        surplus = len(self.legs) - self.settings.max_calls_kept
        for sid in [old.record.sid for old in ended[: max(0, surplus)]]:
            del self.legs[sid]
            for recording in [r for r in self.recordings.values() if r.call_sid == sid]:
                del self.recordings[recording.sid]
