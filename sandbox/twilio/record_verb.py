"""Executes <Record>: a beep, then the caller's message."""

import asyncio
from dataclasses import dataclass, field

from parley.audio.g711 import FRAME_MS
from sandbox.caller.loudness import is_audible
from sandbox.twilio.announcement import beep
from sandbox.twilio.call_flow import Source
from sandbox.twilio.prompts import play_audio
from sandbox.twilio.recordings import RecordingOptions, recording_url, start_recording, stop_recording
from sandbox.twilio.records import Callback
from sandbox.twilio.verb_context import VerbContext
from sandbox.twilio.verbs import Record


@dataclass(slots=True)
class _MessageEndDetector:
    """A tap that detects the end of the caller's message: silence, or the maximum length."""

    silence_ms: float
    max_ms: float
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    _silent_ms: float = 0.0
    _total_ms: float = 0.0

    def on_frame(self, caller_frame: bytes, agent_frame: bytes) -> None:  # noqa: ARG002 - as in FrameTap
        """Process 20 ms of the caller."""
        self._total_ms += FRAME_MS
        self._silent_ms = 0.0 if is_audible(caller_frame) else self._silent_ms + FRAME_MS
        if self._silent_ms >= self.silence_ms or self._total_ms >= self.max_ms:
            self.finished.set()


async def record(verb: Record, context: VerbContext) -> Source | None:
    """Record until silence, a finish key, the maximum length or the end of the call."""
    if verb.play_beep:
        await play_audio(beep(), context)
    url = context.absolute_url(verb.status_callback) if verb.status_callback else None
    callback = Callback(url, "POST", verb.status_callback_event) if url else None
    options = RecordingOptions(channels=1, track="inbound", source="RecordVerb", callback=callback)
    recording = start_recording(context.emulator, context.leg, options, context.faults)
    message_end = _MessageEndDetector(verb.timeout_s * 1000, verb.max_length_s * 1000)
    pressed: list[str] = []

    def on_digit(digit: str) -> None:
        if digit in verb.finish_on_key:
            pressed.append(digit)
            message_end.finished.set()

    context.on_digit = on_digit
    context.leg.line.add_tap(message_end)
    try:
        await message_end.finished.wait()
    finally:
        context.on_digit = None
        context.leg.line.remove_tap(message_end)
        stop_recording(context.emulator, context.leg, recording, context.faults)
    params = {
        "RecordingUrl": recording_url(context.emulator, recording),
        "RecordingSid": recording.sid,
        "RecordingDuration": str(recording.duration_s or 0),
        "Digits": "".join(pressed),
    }
    return context.action_source(verb.action or context.document_url, verb.method, params)
