"""A session on one socket, without the socket: audio and messages in, turns out."""

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from sandbox.assemblyai.audio_limits import AudioLimits
from sandbox.assemblyai.failure import SessionFailure
from sandbox.assemblyai.query import SessionQuery
from sandbox.assemblyai.settings import AssemblyAiSandboxSettings
from sandbox.recognition.recogniser import Word
from sandbox.recognition.stream import Callbacks, StreamContext, Transcript, TranscriptionStream
from sandbox.recognition.telephone_audio import TelephoneAudio

Send = Callable[[dict[str, Any]], Awaitable[None]]
_LOW, _HIGH = 0.05, 0.9
_SHOWN_CHARS = 100


class Session:
    """Transcribes one socket's audio and sends its messages."""

    def __init__(
        self,
        query: SessionQuery,
        context: StreamContext,
        settings: Callable[[], AssemblyAiSandboxSettings],
        send: Send,
    ) -> None:
        self._query = query
        self._settings = settings
        self._send = send
        self._tasks = context.tasks
        self._limits = AudioLimits()
        self._began_s = time.monotonic()
        self._sample_bytes = 1 if query.encoding == "pcm_mulaw" else 2
        self._audio = TelephoneAudio(query.sample_rate, mulaw=query.encoding == "pcm_mulaw")
        self._turn_order = 0
        self._words: tuple[Word, ...] = ()
        """Words of a long turn whose segment was split off."""
        callbacks = Callbacks(
            speech_started=self._on_speech_started,
            interim=self._on_interim,
            eager=self._on_eager,
            resumed=_do_nothing,
            partial_final=self._on_partial_final,
            final=self._on_final,
        )
        self._stream = TranscriptionStream(context, callbacks, query.silence_ms)

    async def open(self) -> None:
        """Send `Begin`."""
        expires_at = int(time.time() + self._settings().assemblyai_session_s)
        applied = {"model": self._query.speech_model, "mode": self._query.mode, "api_version": "1.0.0"}
        await self._send(
            {"type": "Begin", "id": str(uuid.uuid4()), "expires_at": expires_at, "configuration": applied}
        )

    async def on_audio(self, data: bytes) -> None:
        """Handle a binary message.

        Raises:
            SessionFailure: its duration or its pace is not allowed.
        """
        duration_ms = len(data) * 1000 / (self._sample_bytes * self._query.sample_rate)
        self._limits.check(duration_ms, time.monotonic() - self._began_s, self._settings())
        await self._stream.push(self._audio.push(data))

    async def on_text(self, raw: str) -> bool:
        """Handle a text message; returns False if the session has ended.

        Raises:
            SessionFailure: the message is invalid.
        """
        try:
            message = json.loads(raw)
        except (ValueError, RecursionError):
            raise SessionFailure(3006, f"Invalid JSON: {raw[:_SHOWN_CHARS]}") from None
        if not isinstance(message, dict):
            raise SessionFailure(3006, f"Invalid Message: {raw[:_SHOWN_CHARS]}")
        match message.get("type"):
            case "Terminate":
                await self._terminate()
                return False
            case "ForceEndpoint":
                await self._stream.finalize()
            case "UpdateConfiguration":
                self._query = self._query.updated(message)
                self._stream.min_silence_ms = self._query.silence_ms
            case "KeepAlive":
                pass
            case other:
                raise SessionFailure(3006, f"Invalid Message Type: {str(other)[:_SHOWN_CHARS]}")
        return True

    async def _terminate(self) -> None:
        await self._stream.finalize()
        await self._send(
            {
                "type": "Termination",
                "audio_duration_seconds": round(self._limits.received_ms / 1000),
                "session_duration_seconds": round(time.monotonic() - self._began_s),
            }
        )

    async def _on_speech_started(self, at_ms: float) -> None:
        if self._query.universal_3 and not self._words:
            await self._send({"type": "SpeechStarted", "timestamp": round(at_ms)})

    async def _on_interim(self, transcript: Transcript) -> None:
        words = (*self._words, *transcript.words)
        if words:
            # The last word may still change.
            await self._send_turn(words, final_words=len(words) - 1)

    async def _on_eager(self, transcript: Transcript) -> None:
        words = (*self._words, *transcript.words)
        await self._send_turn(words, final_words=len(words), ends_utterance=not self._query.universal_3)

    async def _on_partial_final(self, transcript: Transcript) -> None:
        self._words += transcript.words

    async def _on_final(self, transcript: Transcript, _forced: bool) -> None:
        words, self._words = (*self._words, *transcript.words), ()
        if not words:
            return
        number = self._turn_order
        self._turn_order += 1
        await self._send_turn(words, final_words=len(words), number=number, ends_turn=True)
        if self._query.formats_turns:
            self._tasks.create_task(self._send_formatted(words, number))

    async def _send_formatted(self, words: Sequence[Word], number: int) -> None:
        await asyncio.sleep(self._settings().assemblyai_format_ms / 1000)
        await self._send_turn(words, final_words=len(words), number=number, ends_turn=True, formatted=True)

    async def _send_turn(
        self,
        words: Sequence[Word],
        *,
        final_words: int,
        number: int | None = None,
        ends_turn: bool = False,
        ends_utterance: bool = False,
        formatted: bool = False,
    ) -> None:
        written = [word.text for word in words]
        is_formatted = formatted or (self._query.universal_3 and ends_turn)
        if is_formatted:
            written = _written(written)
        shown = written if self._query.universal_3 else written[:final_words]
        text = " ".join(shown)
        message: dict[str, Any] = {
            "type": "Turn",
            "turn_order": self._turn_order if number is None else number,
            "turn_is_formatted": is_formatted,
            "end_of_turn": ends_turn,
            "transcript": text,
            "end_of_turn_confidence": _HIGH if ends_turn else _LOW,
            "words": [
                {
                    "text": shown_text,
                    "start": round(word.start_ms),
                    "end": round(word.end_ms),
                    "confidence": word.confidence,
                    "word_is_final": index < final_words,
                }
                for index, (word, shown_text) in enumerate(zip(words, written, strict=True))
            ],
            "utterance": text if ends_turn or ends_utterance else "",
        }
        if self._query.language_detection and (ends_turn or ends_utterance):
            message |= {"language_code": "en", "language_confidence": 0.98}
        await self._send(message)


def _written(words: Sequence[str]) -> list[str]:
    """The words with a capital and a full stop."""
    written = list(words)
    written[0] = written[0][:1].upper() + written[0][1:]
    written[-1] += "."
    return written


async def _do_nothing() -> None:
    pass
