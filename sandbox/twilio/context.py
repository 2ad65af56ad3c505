"""What all calls share: the settings, the clock, the account's web application, the records."""

from dataclasses import dataclass, field

from sandbox.emulator import Journal, RuntimeSettings
from sandbox.twilio.clock import Clock
from sandbox.twilio.directory import People
from sandbox.twilio.faults import Faults
from sandbox.twilio.leg import Leg
from sandbox.twilio.records import RecordingRecord
from sandbox.twilio.settings import TwilioSandboxSettings
from sandbox.twilio.task_scope import Background
from sandbox.twilio.webhooks import Request, Webhooks

_MOST_SOUNDS = 200
"""Ended calls whose sound is kept: a minute of a call takes a megabyte."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """The telephone exchange."""

    dials: RuntimeSettings[TwilioSandboxSettings]
    journal: Journal
    clock: Clock
    webhooks: Webhooks
    people: People
    background: Background
    """Callbacks outlive their calls."""
    legs: dict[str, Leg] = field(default_factory=dict)
    """By CallSid, the oldest first."""
    recordings: dict[str, RecordingRecord] = field(default_factory=dict)

    @property
    def settings(self) -> TwilioSandboxSettings:
        """As they are now."""
        return self.dials.current

    def tell(self, request: Request, faults: Faults) -> None:
        """Send a callback; nobody waits for it."""
        self.background.start(self.webhooks.tell(request, faults), f"callback {request.url}")

    def add(self, leg: Leg) -> None:
        """Know a call; the oldest that have ended make room, and lose their sound before."""
        ended = [known for known in self.legs.values() if not known.record.live]
        self.legs[leg.record.sid] = leg
        for known in ended[:-_MOST_SOUNDS]:
            known.forget_sound()
        surplus = len(self.legs) - self.settings.max_calls_kept
        for sid in [known.record.sid for known in ended[: max(0, surplus)]]:
            del self.legs[sid]
            for recording in [r for r in self.recordings.values() if r.call_sid == sid]:
                del self.recordings[recording.sid]
