"""Starts and ends recordings, as places on a call's line, and tells their callbacks."""

import time
from dataclasses import dataclass

from sandbox.twilio.context import Exchange
from sandbox.twilio.faults import Faults
from sandbox.twilio.leg import Leg
from sandbox.twilio.records import API_VERSION, Callback, RecordingRecord, new_sid
from sandbox.twilio.wav import mixed, wav_of
from sandbox.twilio.webhook_params import recording_status
from sandbox.twilio.webhooks import Request


@dataclass(frozen=True, slots=True)
class RecordingWish:
    """What somebody wants recorded."""

    channels: int = 2
    track: str = "both"
    source: str = "StartCallRecordingAPI"
    callback: Callback | None = None


def start_recording(exchange: Exchange, leg: Leg, wish: RecordingWish, faults: Faults) -> RecordingRecord:
    """Record from now on."""
    recording = RecordingRecord(
        sid=new_sid("RE"),
        call_sid=leg.record.sid,
        account_sid=leg.record.account_sid,
        channels=wish.channels,
        track=wish.track,
        source=wish.source,
        started_at=time.time(),
        start_byte=len(leg.line.heard),
        callback=wish.callback,
    )
    exchange.recordings[recording.sid] = recording
    leg.note("recording_started", recording_sid=recording.sid)
    _tell(exchange, recording, faults)
    return recording


def stop_recording(exchange: Exchange, leg: Leg, recording: RecordingRecord, faults: Faults) -> None:
    """Record no longer; nothing happens the second time."""
    if recording.end_byte is not None:
        return
    recording.end_byte = len(leg.line.heard)
    recording.updated_at = time.time()
    recording.duration_s = round((recording.end_byte - recording.start_byte) / 8000)
    recording.status = "completed" if recording.end_byte > recording.start_byte else "absent"
    leg.note("recording_stopped", recording_sid=recording.sid, status=recording.status)
    _tell(exchange, recording, faults)


def stop_all_recordings(exchange: Exchange, leg: Leg, faults: Faults) -> None:
    """End what is still being recorded of a call."""
    for recording in exchange.recordings.values():
        if recording.call_sid == leg.record.sid:
            stop_recording(exchange, leg, recording, faults)


def recording_url(exchange: Exchange, recording: RecordingRecord) -> str:
    """Where its sound can be fetched, with .wav or without."""
    settings = exchange.settings
    account = f"/{API_VERSION}/Accounts/{recording.account_sid}"
    return f"http://{settings.host}:{settings.port}{account}/Recordings/{recording.sid}"


def recording_wav(leg: Leg, recording: RecordingRecord) -> bytes:
    """Its sound: the first channel is the person on the line, the second what they heard."""
    part = slice(recording.start_byte, recording.end_byte)
    said, heard = bytes(leg.line.said[part]), bytes(leg.line.heard[part])
    match recording.track, recording.channels:
        case "inbound", _:
            return wav_of(said)
        case "outbound", _:
            return wav_of(heard)
        case _, 2:
            return wav_of(said, heard)
        case _:
            return wav_of(mixed(said, heard))


def _tell(exchange: Exchange, recording: RecordingRecord, faults: Faults) -> None:
    callback = recording.callback
    if callback is not None and recording.status in callback.events:
        params = recording_status(recording, recording_url(exchange, recording))
        exchange.tell(Request(callback.url, callback.method, params, recording.call_sid), faults)
