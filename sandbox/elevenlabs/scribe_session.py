"""A live transcription (Scribe) on one socket, without the socket.

With the strategy `manual` a segment ends at a commit; with `vad` it ends after the requested silence.
"""

import base64
import binascii
import json
import math
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from sandbox.elevenlabs.scribe_query import ScribeQuery
from sandbox.recognition.recogniser import Word
from sandbox.recognition.stream import Callbacks, StreamContext, Transcript, TranscriptionStream
from sandbox.recognition.telephone_audio import TelephoneAudio

Send = Callable[[dict[str, Any]], Awaitable[None]]

MIN_COMMIT_MS = 300
MAX_CHUNK_MS = 5000
"""Longer audio in one message is refused (`chunk_size_exceeded`); ElevenLabs recommends 0.1 to 1 s."""
_AUTO_COMMIT_MS = 90_000
"""Without a commit, a segment ends after this much audio."""


class ScribeFailure(Exception):
    """The session ends with an error message."""

    def __init__(self, message_type: str, error: str) -> None:
        super().__init__(error)
        self.message_type = message_type


class ScribeSession:
    """Transcribes one socket's audio and sends its messages."""

    def __init__(self, query: ScribeQuery, context: StreamContext, send: Send) -> None:
        self._query = query
        self._send = send
        self._audio = TelephoneAudio(query.sample_rate_hz, mulaw=query.mulaw)
        self._has_audio = False
        self._uncommitted_ms = 0.0
        self._uncommitted: tuple[Word, ...] = ()
        """Words of segments that have ended and are not committed."""
        self._commits_itself = query.commit_strategy == "vad"
        callbacks = Callbacks(
            speech_started=self._ignore,
            interim=self._on_interim,
            eager=self._on_interim,
            resumed=_do_nothing,
            partial_final=self._on_partial_final,
            final=self._on_final,
        )
        silence_ms = query.vad_silence_threshold_secs * 1000 if self._commits_itself else 0.0
        self._stream = TranscriptionStream(context, callbacks, silence_ms)

    async def open(self) -> None:
        """Send `session_started`."""
        await self._send(
            {
                "message_type": "session_started",
                "session_id": uuid.uuid4().hex,
                "config": self._query.as_config(),
            }
        )

    async def on_message(self, raw: str | None) -> None:
        """Handle a client's message.

        Raises:
            ScribeFailure: the message is invalid.
        """
        message = _read_message(raw, self._query)
        if message.get("previous_text") is not None and self._has_audio:
            raise ScribeFailure("input_error", "previous_text can only be sent with the first audio chunk.")
        audio = _read_audio(message["audio_base_64"])
        duration_ms = len(audio) * 1000 / (self._query.sample_rate_hz * (1 if self._query.mulaw else 2))
        if duration_ms > MAX_CHUNK_MS:
            raise ScribeFailure("chunk_size_exceeded", "The audio chunk exceeds the maximum size.")
        if audio:
            self._has_audio = True
            self._uncommitted_ms += duration_ms
            await self._stream.push(self._audio.push(audio))
        if message["commit"]:
            await self._on_commit()
        elif self._uncommitted_ms >= _AUTO_COMMIT_MS:
            await self._commit()

    async def _on_commit(self) -> None:
        if self._uncommitted_ms < MIN_COMMIT_MS:
            error = (
                f"Commit request ignored: only {self._uncommitted_ms / 1000:.2f}s of uncommitted audio. "
                "You need at least 0.3s of uncommitted audio before committing."
            )
            await self._send({"message_type": "commit_throttled", "error": error})
            return
        await self._commit()

    async def _commit(self) -> None:
        self._uncommitted_ms = 0.0
        if self._stream.segmenter.segment is not None:
            await self._stream.finalize()
        words, self._uncommitted = self._uncommitted, ()
        await self._send_committed(words)

    async def _on_interim(self, transcript: Transcript) -> None:
        await self._send_partial((*self._uncommitted, *transcript.words))

    async def _on_partial_final(self, transcript: Transcript) -> None:
        self._uncommitted += transcript.words
        await self._send_partial(self._uncommitted)

    async def _on_final(self, transcript: Transcript, forced: bool) -> None:
        self._uncommitted += transcript.words
        if self._commits_itself and not forced:
            self._uncommitted_ms = 0.0
            words, self._uncommitted = self._uncommitted, ()
            await self._send_committed(words)
        elif not forced and transcript.words:
            await self._send_partial(self._uncommitted)

    async def _send_partial(self, words: Sequence[Word]) -> None:
        await self._send({"message_type": "partial_transcript", "text": _written(words)})

    async def _send_committed(self, words: Sequence[Word]) -> None:
        text = _written(words)
        await self._send({"message_type": "committed_transcript", "text": text})
        if self._query.sends_timestamps and text:
            await self._send(
                {
                    "message_type": "committed_transcript_with_timestamps",
                    "text": text,
                    "language_code": self._query.language_code or "en",
                    "words": _timed(words) if self._query.include_timestamps else None,
                }
            )

    async def _ignore(self, _at_ms: float) -> None:
        pass


async def _do_nothing() -> None:
    pass


def _read_message(raw: str | None, query: ScribeQuery) -> Mapping[str, Any]:
    try:
        message = json.loads(raw or "")
    except (ValueError, RecursionError):
        raise ScribeFailure("input_error", "The message is not valid JSON.") from None
    if not isinstance(message, dict) or message.get("message_type") != "input_audio_chunk":
        raise ScribeFailure("input_error", "Unknown message_type: expected input_audio_chunk.")
    fields = (("audio_base_64", str), ("commit", bool), ("sample_rate", int))
    for name, kind in fields:
        if not isinstance(message.get(name), kind):
            raise ScribeFailure("input_error", f"{name}: missing or of the wrong type.")
    if message["sample_rate"] != query.sample_rate_hz:
        raise ScribeFailure("input_error", f"sample_rate: expected {query.sample_rate_hz}.")
    return message


def _read_audio(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise ScribeFailure("input_error", "audio_base_64: not valid base64.") from None


def _written(words: Sequence[Word]) -> str:
    """The words as Scribe writes them, with a capital and a full stop."""
    text = " ".join(word.text for word in words)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _timed(words: Sequence[Word]) -> list[dict[str, Any]]:
    """The words with their times, and the spaces between them, as Scribe lists both."""
    written = _written(words).split()
    listed: list[dict[str, Any]] = []
    for number, (word, text) in enumerate(zip(words, written, strict=False)):
        if number:
            listed.append(_item(" ", words[number - 1].end_ms, word.start_ms, "spacing", 0.0))
        listed.append(_item(text, word.start_ms, word.end_ms, "word", math.log(word.confidence)))
    return listed


def _item(text: str, start_ms: float, end_ms: float, kind: str, logprob: float) -> dict[str, Any]:
    return {
        "text": text,
        "start": start_ms / 1000,
        "end": end_ms / 1000,
        "type": kind,
        "speaker_id": None,
        "logprob": logprob,
        "characters": None,
    }
