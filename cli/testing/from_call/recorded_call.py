"""Loads a finished call: its events, and the caller's audio from its recording or from the bus."""

import asyncio
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import from_url

from cli.call_log import open_bus
from cli.calls import nats_url_of
from cli.recording import read_channels
from cli.testing.outcome import Outcome, PlayedConversation
from parley.audio.g711 import BYTES_PER_MS, SILENCE
from parley.bus import Bus, streams, subjects
from parley.errors import BusError
from parley.events.envelope import parse
from parley.events.fencing import EventFence
from parley.v1.audio_pb2 import CallerAudio
from parley.v1.event_pb2 import Event
from sandbox.caller.report import Report

_STORE_TIMEOUT_S = 30.0
_CALL_SID = re.compile(r"CA[0-9a-fA-F]{32}")
_MAX_CALL_BYTES = 4 * 3600 * 1000 * BYTES_PER_MS


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """A finished call."""

    outcome: Outcome
    caller_audio: bytes
    """Mu-law from the start of call time; empty if the audio is no longer stored."""
    audio_origin: str
    """`recording`, `stream` or `none`."""


async def load_call(home: Path, call_sid: str) -> RecordedCall:
    """Load a call of the system that runs in `home`, or of PARLEY_NATS_URL.

    Raises:
        SystemNotRunning: no system is running.
        BusError: the log cannot be read or does not exist, or the call has not ended.
    """
    if not _CALL_SID.fullmatch(call_sid):
        raise BusError(f"{call_sid!r} is not a CallSid, which is CA and 32 hexadecimal digits")
    async with open_bus(nats_url_of(home)) as bus:
        events = await read_log(bus, call_sid)
        outcome = outcome_of(call_sid, events)
        if not outcome.ended_by:
            raise BusError(f"{call_sid} has not ended yet; try again when it has")
        audio, origin = await _recording(outcome.recording_url), "recording"
        if not audio:
            audio, origin = await _streamed_audio(bus, call_sid), "stream"
    return RecordedCall(outcome, audio, origin if audio else "none")


async def read_log(bus: Bus, call_sid: str) -> list[Event]:
    """The events of a call without those of fenced owners.

    Raises:
        BusError: the log cannot be read or does not exist.
    """
    messages = await bus.streams.read(streams.CALLS, subjects.call_log(call_sid))
    fence = EventFence()
    events = [event for m in messages if (event := parse(m.data)) is not None and fence.admit(event)]
    if not events:
        raise BusError(f"no log of {call_sid}; is the CallSid right?")
    return events


async def last_calls(home: Path, count: int) -> list[str]:
    """The CallSids of the calls that started last, the latest one first.

    Raises:
        SystemNotRunning: no system is running.
        BusError: the log cannot be read.
    """
    async with open_bus(nats_url_of(home)) as bus:
        messages = await bus.streams.read(streams.CALLS, subjects.ALL_CALL_STARTS)
    events = [event for m in messages if (event := parse(m.data)) is not None]
    events.sort(key=lambda event: event.sent_at_us, reverse=True)
    return list(dict.fromkeys(event.call_sid for event in events))[:count]


def outcome_of(call_sid: str, events: list[Event]) -> Outcome:
    """The outcome of a call that was not played by a simulated caller, who would have a report."""
    report = Report(
        call_sid=call_sid,
        outcome="",
        duration_ms=0,
        caller_speech=[],
        agent_speech=[],
        responses=[],
        barge_ins=[],
        timeouts=[],
        warnings=[],
    )
    return Outcome(PlayedConversation(call_sid, report, tuple(events)))


async def _recording(url: str) -> bytes:
    """The caller's channel of a recording; empty if it does not exist or cannot be read."""
    if not url:
        return b""
    try:
        if url.startswith("file:"):
            path = Path(unquote(urlsplit(url).path))
            return (await asyncio.to_thread(read_channels, path))[0]
        return await _fetched_recording(url)
    except (OSError, EOFError, ValueError, TimeoutError, BaseError):
        # The recording was moved or deleted; the stream may still have the audio.
        return b""


async def _fetched_recording(url: str) -> bytes:
    folder, _, name = url.rpartition("/")
    async with asyncio.timeout(_STORE_TIMEOUT_S):
        result = await obstore.get_async(from_url(folder), name)
        data = bytes(await result.bytes_async())
    return (await asyncio.to_thread(_channels_of, data))[0]


def _channels_of(wav: bytes) -> tuple[bytes, bytes]:
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        file.write(wav)
        file.flush()
        return read_channels(Path(file.name))


async def _streamed_audio(bus: Bus, call_sid: str) -> bytes:
    """The caller's audio as far as the stream still has it."""
    try:
        messages = await bus.streams.read(streams.AUDIO, subjects.caller_audio(call_sid))
    except BusError:
        return b""
    return place([CallerAudio.FromString(message.data) for message in messages])


def place(chunks: list[CallerAudio]) -> bytes:
    """Audio chunks at their places in call time, with silence between them."""
    end = max((chunk.at_ms * BYTES_PER_MS + len(chunk.mulaw) for chunk in chunks), default=0)
    if end > _MAX_CALL_BYTES:
        return b""
    audio = bytearray(SILENCE * end)
    for chunk in chunks:
        start = chunk.at_ms * BYTES_PER_MS
        audio[start : start + len(chunk.mulaw)] = chunk.mulaw
    return bytes(audio)
