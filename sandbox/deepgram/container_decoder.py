"""Decodes audio in a container (WAV, Ogg, WebM, FLAC, MP3 and others) while it arrives."""

import asyncio
import threading

import av

from sandbox.deepgram.frame_samples import Decoded, UndecodableAudio, join_frames

_TIMEOUT_S = 10.0
_BUFFER_BYTES = 4096
_OPTIONS = {"formatprobesize": "16384", "probesize": "4096", "analyzeduration": "1"}
"""How much FFmpeg reads to recognise a format; its defaults would delay the first words by seconds."""


class ContainerDecoder:
    """Runs FFmpeg's demuxer, which reads from a file, in a thread that is fed with the socket's messages."""

    def __init__(self) -> None:
        self._pipe = _Pipe()
        self._thread: threading.Thread | None = None
        self._frames: list[av.AudioFrame] = []
        self._failure = ""

    async def decode(self, data: bytes) -> Decoded:
        """Return the samples that the data completes.

        Raises:
            UndecodableAudio: FFmpeg does not know the container or the codec.
        """
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="demuxer", daemon=True)
            self._thread.start()
        await asyncio.to_thread(self._pipe.feed, data)
        if self._failure:
            raise UndecodableAudio(self._failure)
        return self._take()

    async def finish(self) -> Decoded:
        """Return the last samples and end the thread."""
        self._pipe.end()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, _TIMEOUT_S)
        return self._take()

    def _take(self) -> Decoded:
        frames, self._frames = self._frames, []
        return join_frames(frames)

    def _run(self) -> None:
        try:
            with av.open(self._pipe, "r", options=_OPTIONS, buffer_size=_BUFFER_BYTES) as container:
                for frame in container.decode(audio=0):
                    self._frames.append(frame)
        except Exception as error:
            # No input may end the emulator: the socket is closed with DATA-0000.
            self._failure = type(error).__name__
        finally:
            self._pipe.stop_reading()


class _Pipe:
    """A file that is written by one thread and read by another; the writer waits until all is read."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._data = bytearray()
        self._waiting = False
        """The reader needs more than there is."""
        self._ended = self._unread = False

    def feed(self, data: bytes) -> None:
        """Append data and wait until the reader has used it."""
        with self._condition:
            self._data += data
            self._waiting = False
            self._condition.notify_all()
            self._condition.wait_for(lambda: self._waiting or self._unread, _TIMEOUT_S)

    def end(self) -> None:
        """Mark the end of the file."""
        with self._condition:
            self._ended = True
            self._condition.notify_all()

    def stop_reading(self) -> None:
        """Mark the pipe as closed by its reader."""
        with self._condition:
            self._unread = True
            self._condition.notify_all()

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes, at least one unless the file has ended."""
        with self._condition:
            while not self._data and not self._ended:
                self._waiting = True
                self._condition.notify_all()
                self._condition.wait()
            self._waiting = False
            data = bytes(self._data[:size])
            del self._data[:size]
            return data
