"""Starts and stops recordings, stored as positions in a call's audio, and sends their callbacks."""

import time
from dataclasses import dataclass

from sandbox.elevenlabs.encoder import encode
from sandbox.elevenlabs.output_format import OutputFormat
from sandbox.twilio.context import EmulatorContext
from sandbox.twilio.faults import Faults
from sandbox.twilio.leg import Leg
from sandbox.twilio.records import API_VERSION, Callback, RecordingRecord, new_sid
from sandbox.twilio.wav import mix, to_wav
from sandbox.twilio.webhook_params import recording_status
from sandbox.twilio.webhooks import WebhookRequest

_MP3 = OutputFormat("mp3", 22050, 32)


@dataclass(frozen=True, slots=True)
class RecordingOptions:
    """Options of a recording."""

    channels: int = 2
    track: str = "both"
    source: str = "StartCallRecordingAPI"
    callback: Callback | None = None


def start_recording(
    emulator: EmulatorContext, leg: Leg, options: RecordingOptions, faults: Faults
) -> RecordingRecord:
    """Start a recording."""
    recording = RecordingRecord(
        sid=new_sid("RE"),
        call_sid=leg.record.sid,
        account_sid=leg.record.account_sid,
        channels=options.channels,
        track=options.track,
        source=options.source,
        started_at=time.time(),
        start_byte=len(leg.line.agent_audio),
        callback=options.callback,
    )
    emulator.recordings[recording.sid] = recording
    leg.note("recording_started", recording_sid=recording.sid)
    _notify(emulator, recording, faults)
    return recording


def stop_recording(emulator: EmulatorContext, leg: Leg, recording: RecordingRecord, faults: Faults) -> None:
    """Stop a recording; a stopped one is left unchanged."""
    if recording.end_byte is not None:
        return
    recording.end_byte = len(leg.line.agent_audio)
    recording.updated_at = time.time()
    recording.duration_s = round((recording.end_byte - recording.start_byte) / 8000)
    recording.status = "completed" if recording.end_byte > recording.start_byte else "absent"
    leg.note("recording_stopped", recording_sid=recording.sid, status=recording.status)
    _notify(emulator, recording, faults)


def stop_all_recordings(emulator: EmulatorContext, leg: Leg, faults: Faults) -> None:
    """Stop all running recordings of a call."""
    for recording in emulator.recordings.values():
        if recording.call_sid == leg.record.sid:
            stop_recording(emulator, leg, recording, faults)


def recording_url(emulator: EmulatorContext, recording: RecordingRecord) -> str:
    """The URL of a recording's audio, with or without .wav."""
    settings = emulator.settings
    account = f"/{API_VERSION}/Accounts/{recording.account_sid}"
    return f"http://{settings.host}:{settings.port}{account}/Recordings/{recording.sid}"


def recording_wav(leg: Leg, recording: RecordingRecord) -> bytes:
    """A recording as WAV; with two channels, the first is the caller and the second the agent."""
    part = slice(recording.start_byte, recording.end_byte)
    caller, agent = bytes(leg.line.caller_audio[part]), bytes(leg.line.agent_audio[part])
    match recording.track, recording.channels:
        case "inbound", _:
            return to_wav(caller)
        case "outbound", _:
            return to_wav(agent)
        case _, 2:
            return to_wav(caller, agent)
        case _:
            return to_wav(mix(caller, agent))


def recording_mp3(leg: Leg, recording: RecordingRecord) -> bytes:
    """A recording as MP3 of 32 kbit/s, all in one channel."""
    part = slice(recording.start_byte, recording.end_byte)
    caller, agent = bytes(leg.line.caller_audio[part]), bytes(leg.line.agent_audio[part])
    audio = {"inbound": caller, "outbound": agent}.get(recording.track) or mix(caller, agent)
    return b"".join(encode(audio, (0, len(audio)), _MP3))


def _notify(emulator: EmulatorContext, recording: RecordingRecord, faults: Faults) -> None:
    callback = recording.callback
    if callback is not None and recording.status in callback.events:
        params = recording_status(recording, recording_url(emulator, recording))
        emulator.send_callback(
            WebhookRequest(callback.url, callback.method, params, recording.call_sid), faults
        )
