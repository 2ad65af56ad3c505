"""Performs <Record>: a beep, then the person's message."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from parley.mulaw import FRAME_MS
from sandbox.caller.loudness import is_voiced
from sandbox.twilio.announcement import beep
from sandbox.twilio.call_flow import Source
from sandbox.twilio.recordings import RecordingWish, recording_url, start_recording, stop_recording
from sandbox.twilio.records import Callback
from sandbox.twilio.twiml import Record
from sandbox.twilio.verb_context import Situation

Announce = Callable[[bytes, Situation], Awaitable[None]]


@dataclass(slots=True)
class _UntilSilent:
    """A tap that waits for the person to stop speaking."""

    silence_ms: float
    longest_ms: float
    over: asyncio.Event = field(default_factory=asyncio.Event)
    _silent_ms: float = 0.0
    _total_ms: float = 0.0

    def offer(self, said: bytes, heard: bytes) -> None:  # noqa: ARG002 - a Tap is offered both sides
        """Listen to 20 ms of the person."""
        self._total_ms += FRAME_MS
        self._silent_ms = 0.0 if is_voiced(said) else self._silent_ms + FRAME_MS
        if self._silent_ms >= self.silence_ms or self._total_ms >= self.longest_ms:
            self.over.set()


async def take_message(verb: Record, here: Situation, announce: Announce) -> Source | None:
    """Record until silence, a key, the longest length or the end of the call."""
    if verb.play_beep:
        await announce(beep(), here)
    url = here.absolute(verb.status_callback) if verb.status_callback else None
    callback = Callback(url, "POST", verb.status_callback_event) if url else None
    wish = RecordingWish(channels=1, track="inbound", source="RecordVerb", callback=callback)
    recording = start_recording(here.exchange, here.leg, wish, here.faults)
    silent = _UntilSilent(verb.timeout_s * 1000, verb.max_length_s * 1000)
    pressed: list[str] = []

    def key(digit: str) -> None:
        if digit in verb.finish_on_key:
            pressed.append(digit)
            silent.over.set()

    here.on_key = key
    here.leg.line.tap(silent)
    try:
        await silent.over.wait()
    finally:
        here.on_key = None
        here.leg.line.untap(silent)
        stop_recording(here.exchange, here.leg, recording, here.faults)
    params = {
        "RecordingUrl": recording_url(here.exchange, recording),
        "RecordingSid": recording.sid,
        "RecordingDuration": str(recording.duration_s or 0),
        "Digits": "".join(pressed),
    }
    return here.action(verb.action or here.document_url, verb.method, params)
