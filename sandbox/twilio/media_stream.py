"""The Twilio side of a media stream: sends the caller's audio, plays the server's."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from parley.audio.g711 import FRAME_MS, bytes_to_ms
from sandbox.twilio import media_messages
from sandbox.twilio.faults import Faults, FrameFaults, MarkFaults
from sandbox.twilio.media_messages import Clear, Mark, Media, MessageError
from sandbox.twilio.playback import Playback
from sandbox.twilio.signature import Signer
from sandbox.twilio.stream_address import StreamEnd, StreamOutcome, url_error
from sandbox.twilio.stream_socket import StreamWriter, close_outcome, open_socket
from sandbox.twilio.verbs import Stream

_FIRST_TIMESTAMP_MS = 70
"""Approximate first timestamp of a real stream; the reason for it is not documented."""
_TRACKS = {
    "inbound_track": ("inbound",),
    "outbound_track": ("outbound",),
    "both_tracks": ("inbound", "outbound"),
}


@dataclass(frozen=True, slots=True)
class StreamIdentity:
    """The identifiers and credentials of a stream."""

    account_sid: str
    call_sid: str
    stream_sid: str
    signer: Signer
    plain_hosts: tuple[str, ...] = ()


class MediaStream:
    """One media stream; `note` is called with the kind and details of each notable event."""

    def __init__(
        self,
        stream: Stream,
        identity: StreamIdentity,
        *,
        bidirectional: bool,
        faults: Faults,
        drop_at_ms: float | None,
        refused: bool,
        note: Callable[..., Any],
        on_started: Callable[["MediaStream"], None],
    ) -> None:
        self.stream = stream
        self.sid = identity.stream_sid
        self._identity = identity
        self._bidirectional = bidirectional
        self._frame_faults = FrameFaults(faults)
        self._mark_faults = MarkFaults(faults)
        self._drop_at_ms = drop_at_ms
        self._refused = refused
        self._note = note
        self._on_started = on_started
        self._playback = Playback()
        self._writer: StreamWriter | None = None
        self._sequence = 1
        self._frames = 0
        self._warned: set[int] = set()
        self._tracks = ("inbound",) if bidirectional else _TRACKS.get(stream.track, ("inbound",))
        self._chunks = dict.fromkeys(self._tracks, 0)

    @property
    def name(self) -> str:
        """The stream's name, or its sid if it has none."""
        return self.stream.name or self.sid

    async def run(self) -> StreamOutcome:
        """Carry audio until the server closes the stream or the socket is lost; sends `stop` if cancelled."""
        problem = url_error(self.stream.url)
        if problem:
            return problem
        if self._refused:
            return StreamOutcome(
                StreamEnd.FAILED, 31920, "handshake failed: refused by the sandbox's settings"
            )
        identity = self._identity
        socket = await open_socket(self.stream.url, identity.signer, identity.plain_hosts)
        if isinstance(socket, StreamOutcome):
            return socket
        writer = self._writer = StreamWriter(socket, self._warn_unread)
        try:
            writer.write(media_messages.CONNECTED)
            writer.write(self._start_message())
            self._on_started(self)
            return await self._read(socket)
        finally:
            self._sequence += 1
            await writer.close(
                media_messages.stop(identity.account_sid, identity.call_sid, self.sid, self._sequence)
            )

    def on_frame(self, caller_frame: bytes, agent_frame: bytes) -> None:
        """Send 20 ms of each requested track."""
        elapsed_ms = self._frames * FRAME_MS
        self._frames += 1
        if self._drop_at_ms is not None and elapsed_ms >= self._drop_at_ms and self._writer:
            self._writer.abort()
            return
        timestamp_ms = _FIRST_TIMESTAMP_MS + elapsed_ms
        for track in self._tracks:
            frame = caller_frame if track == "inbound" else agent_frame
            if not self._frame_faults.active:
                self._send_media(track, timestamp_ms, frame)
                continue
            for at_ms, passed in self._frame_faults.apply(timestamp_ms, frame):
                self._send_media(track, at_ms, passed, self._frame_faults.delay_ms(timestamp_ms))

    def next_frame(self) -> bytes:
        """The next 20 ms of the server's audio."""
        frame, marks = self._playback.take()
        self._return_marks(marks)
        return frame

    def send_dtmf(self, digit: str) -> None:
        """Send a digit; unidirectional streams ignore it."""
        if self._bidirectional:
            self._sequence += 1
            self._write(media_messages.dtmf(self.sid, self._sequence, digit))

    def _start_message(self) -> str:
        identity = self._identity
        parameters = dict(self.stream.parameters)
        return media_messages.start(
            identity.account_sid, identity.call_sid, self.sid, self._tracks, parameters
        )

    async def _read(self, socket: ClientConnection) -> StreamOutcome:
        while True:
            try:
                message = await socket.recv()
            except ConnectionClosed as closed:
                return close_outcome(closed)
            if not self._bidirectional:
                continue
            try:
                self._on_message(media_messages.parse(message, self.sid))
            except MessageError as error:
                self._warn(error.code, str(error))

    def _on_message(self, message: Media | Mark | Clear) -> None:
        match message:
            case Media(mulaw=mulaw):
                if not self._playback.queued_bytes:
                    self._note("audio_received", stream_sid=self.sid)
                if discarded := self._playback.queue(mulaw):
                    self._warn(31931, f"{discarded} bytes discarded: ten minutes are queued")
            case Mark(name=name):
                self._return_marks(self._playback.mark(name))
            case Clear():
                self._note("cleared", stream_sid=self.sid, queued_ms=bytes_to_ms(self._playback.queued_bytes))
                self._return_marks(self._playback.clear())

    def _send_media(self, track: str, timestamp_ms: int, frame: bytes, delay_ms: float = 0.0) -> None:
        self._sequence += 1
        chunk = self._chunks[track] = self._chunks[track] + 1
        self._write(
            media_messages.media(self.sid, self._sequence, track, chunk, timestamp_ms, frame), delay_ms
        )

    def _return_marks(self, names: tuple[str, ...]) -> None:
        elapsed_ms = self._frames * FRAME_MS
        self._mark_faults.reached(names, elapsed_ms)
        for name in self._mark_faults.returned(elapsed_ms):
            self._send_mark(name)

    def _send_mark(self, name: str) -> None:
        self._sequence += 1
        self._write(media_messages.mark(self.sid, self._sequence, name))

    def _write(self, message: str, delay_ms: float = 0.0) -> None:
        if self._writer is not None:
            self._writer.write(message, delay_ms)

    def _warn_unread(self) -> None:
        self._warn(0, "the server does not read; messages were dropped")

    def _warn(self, code: int, text: str) -> None:
        # Twilio warns once per stream.
        if code not in self._warned:
            self._warned.add(code)
            self._note("warning", code=code, text=text, stream_sid=self.sid)
