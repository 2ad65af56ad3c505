"""Twilio's end of a media stream: dials the server, sends the caller's sound, plays what comes back."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from sandbox.twilio import media_messages, signature
from sandbox.twilio.faults import Faults, FrameFaults
from sandbox.twilio.media_messages import Clear, Mark, Media, MessageError
from sandbox.twilio.playback import Playback
from sandbox.twilio.twiml import Stream

_CONNECT_TIMEOUT_S = 5.0
_CLOSE_TIMEOUT_S = 1.0
_OUTBOX = 1500
"""Messages that wait for a server that does not read: 30 s of sound."""
_FIRST_TIMESTAMP_MS = 70
"""A real stream's first frame says about this; why is not documented."""
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_TRACKS = {
    "inbound_track": ("inbound",),
    "outbound_track": ("outbound",),
    "both_tracks": ("inbound", "outbound"),
}


class StreamEnd(StrEnum):
    """Why a stream is over."""

    STOPPED = "stopped"
    CLOSED = "closed"
    LOST = "lost"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StreamOutcome:
    """How a stream ended, with Twilio's error code, 0 if there is none."""

    end: StreamEnd
    code: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class StreamIdentity:
    """Whose stream it is."""

    account_sid: str
    call_sid: str
    stream_sid: str
    auth_token: str
    plain_hosts: tuple[str, ...] = ()


def dialled_url(url: str, plain_hosts: tuple[str, ...] = ()) -> str:
    """Where the socket really goes: a desk has no TLS, so wss:// to loopback is dialled as ws://."""
    parts = urlsplit(url)
    plain = parts.hostname in _LOOPBACK or parts.hostname in plain_hosts
    return urlunsplit(parts._replace(scheme="ws")) if plain else url


def url_error(url: str) -> StreamOutcome | None:
    """What is wrong with a stream's address, if anything."""
    try:
        parts = urlsplit(url)
        if parts.scheme != "wss":
            return StreamOutcome(StreamEnd.FAILED, 31922, f"scheme {parts.scheme!r} is not wss")
        if not parts.hostname or parts.query or parts.port == 0:
            return StreamOutcome(StreamEnd.FAILED, 31923, "malformed stream URL")
    except ValueError as error:
        return StreamOutcome(StreamEnd.FAILED, 31923, f"malformed stream URL: {error}")
    return None


class MediaStream:
    """One stream; `note` is told what is noteworthy, by name and details."""

    def __init__(
        self,
        stream: Stream,
        identity: StreamIdentity,
        *,
        bidirectional: bool,
        faults: Faults,
        drop_at_ms: float | None,
        note: Callable[..., Any],
        on_started: Callable[["MediaStream"], None],
    ) -> None:
        self.stream = stream
        self.sid = identity.stream_sid
        self._identity = identity
        self._bidirectional = bidirectional
        self._frame_faults = FrameFaults(faults)
        self._drop_at_ms = drop_at_ms
        self._note = note
        self._on_started = on_started
        self._playback = Playback()
        self._outbox: asyncio.Queue[tuple[float, str]] = asyncio.Queue(_OUTBOX)
        self._sequence = 1
        self._chunk = 0
        self._frames = 0
        self._warned: set[int] = set()
        self._tracks = ("inbound",) if bidirectional else _TRACKS.get(stream.track, ("inbound",))

    @property
    def name(self) -> str:
        """The stream's name, or its sid when it has none."""
        return self.stream.name or self.sid

    async def run(self) -> StreamOutcome:
        """Carry sound until the server ends it, the socket is lost, or the caller cancels."""
        problem = url_error(self.stream.url)
        if problem:
            return problem
        connected = await self._connect()
        if isinstance(connected, StreamOutcome):
            return connected
        writer: asyncio.Task[None] | None = None
        try:
            await connected.send(media_messages.CONNECTED)
            await connected.send(self._start_message())
            self._on_started(self)
            writer = asyncio.create_task(self._write(connected), name=f"stream-writer {self.sid}")
            await self._read(connected)
        except ConnectionClosed as closed:
            if closed.rcvd is None and closed.sent is None:
                return StreamOutcome(StreamEnd.LOST, 31903, "connection lost")
            if closed.rcvd is None or not closed.rcvd_then_sent:
                return StreamOutcome(StreamEnd.CLOSED, 31924, f"protocol error: {closed}")
        finally:
            if writer:
                writer.cancel()
                await asyncio.gather(writer, return_exceptions=True)
            await self._hang_up(connected)
        return StreamOutcome(StreamEnd.CLOSED, 31921, "the server closed the socket")

    def offer(self, said: bytes, heard: bytes) -> None:
        """Send 20 ms of the caller's sound, and of the other side's if that track was asked for."""
        self._frames += 1
        timestamp_ms = _FIRST_TIMESTAMP_MS + (self._frames - 1) * 20
        for track in self._tracks:
            frame = said if track == "inbound" else heard
            if not self._frame_faults.active:
                self._media(track, timestamp_ms, frame)
                continue
            for at_ms, passed in self._frame_faults.pass_on(timestamp_ms, frame):
                self._media(track, at_ms, passed)

    def next_frame(self) -> bytes:
        """The next 20 ms of what the server sent to be heard."""
        frame, marks = self._playback.take()
        for name in marks:
            self._echo(name)
        return frame

    def press(self, digit: str) -> None:
        """Tell the server of a key; only a bidirectional stream does."""
        if self._bidirectional:
            self._sequence += 1
            self._post(media_messages.dtmf(self.sid, self._sequence, digit))

    async def _connect(self) -> ClientConnection | StreamOutcome:
        url = dialled_url(self.stream.url, self._identity.plain_hosts)
        signed = signature.sign(self._identity.auth_token, self.stream.url)
        try:
            async with asyncio.timeout(_CONNECT_TIMEOUT_S):
                return await connect(
                    url,
                    additional_headers={"x-twilio-signature": signed},
                    user_agent_header="Twilio.TmeWs/1.0",
                    compression=None,
                    proxy=None,
                    open_timeout=None,
                    ping_interval=None,
                    close_timeout=_CLOSE_TIMEOUT_S,
                    max_size=None,
                )
        except TimeoutError:
            return StreamOutcome(StreamEnd.FAILED, 31901, "connection timed out")
        except InvalidURI as error:
            return StreamOutcome(StreamEnd.FAILED, 31923, str(error))
        except (InvalidHandshake, EOFError) as error:
            return StreamOutcome(StreamEnd.FAILED, 31920, f"handshake failed: {error}")
        except OSError as error:
            return StreamOutcome(StreamEnd.FAILED, 31902, f"connection refused: {error}")

    def _start_message(self) -> str:
        identity = self._identity
        parameters = dict(self.stream.parameters)
        return media_messages.start(
            identity.account_sid, identity.call_sid, self.sid, self._tracks, parameters
        )

    async def _write(self, socket: ClientConnection) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        drop_at = None if self._drop_at_ms is None else began + self._drop_at_ms / 1000
        while True:
            due, message = await self._outbox.get()
            if drop_at is not None and loop.time() >= drop_at:
                socket.transport.abort()
                return
            if due:
                await asyncio.sleep(max(0.0, due - loop.time()))
            try:
                await socket.send(message)
            except ConnectionClosed:
                return

    async def _read(self, socket: ClientConnection) -> None:
        while True:
            message = await socket.recv()
            if not self._bidirectional:
                continue
            try:
                self._take(media_messages.parse(message, self.sid))
            except MessageError as error:
                self._warn(error.code, str(error))

    def _take(self, message: Media | Mark | Clear) -> None:
        match message:
            case Media(mulaw=mulaw):
                if discarded := self._playback.queue(mulaw):
                    self._warn(31931, f"{discarded} bytes discarded: ten minutes are queued")
            case Mark(name=name):
                for reached in self._playback.mark(name):
                    self._echo(reached)
            case Clear():
                self._note("cleared", queued_ms=self._playback.queued_bytes / 8)
                for pending in self._playback.clear():
                    self._echo(pending)

    def _media(self, track: str, timestamp_ms: int, frame: bytes) -> None:
        self._sequence += 1
        # Two tracks count their chunks apart; frames of both come in pairs.
        self._chunk += track == self._tracks[0]
        message = media_messages.media(self.sid, self._sequence, track, self._chunk, timestamp_ms, frame)
        self._post(message, self._frame_faults.delay_ms(timestamp_ms) if self._frame_faults.active else 0.0)

    def _echo(self, name: str) -> None:
        self._sequence += 1
        self._post(media_messages.mark(self.sid, self._sequence, name))

    def _post(self, message: str, delay_ms: float = 0.0) -> None:
        due = asyncio.get_running_loop().time() + delay_ms / 1000 if delay_ms else 0.0
        try:
            self._outbox.put_nowait((due, message))
        except asyncio.QueueFull:
            self._warn(0, "the server does not read; messages are dropped")

    def _warn(self, code: int, text: str) -> None:
        # Twilio warns once a stream.
        if code not in self._warned:
            self._warned.add(code)
            self._note("stream_warning", code=code, text=text, stream_sid=self.sid)

    async def _hang_up(self, socket: ClientConnection) -> None:
        identity = self._identity
        self._sequence += 1
        message = media_messages.stop(identity.account_sid, identity.call_sid, self.sid, self._sequence)
        try:
            async with asyncio.timeout(2 * _CLOSE_TIMEOUT_S):
                await socket.send(message)
                await socket.close()
        except (ConnectionClosed, TimeoutError):
            socket.transport.abort()
