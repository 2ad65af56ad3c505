"""Protocol of `/v1/listen`.

Messages sent: Results, SpeechStarted, UtteranceEnd, Metadata; received: KeepAlive, Finalize, CloseStream.
"""

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.deepgram.query import InvalidQuery, Query, read_keyterms, read_nova
from sandbox.deepgram.recogniser import Word
from sandbox.deepgram.stream import Callbacks, SocketContext, Transcript, TranscriptionStream

_MAX_RESULTS_INTERVAL_MS = 5000
"""During silence an empty final result is sent after this much audio."""


class NovaSession:
    """Session of one `/v1/listen` socket."""

    def __init__(self, query: Query, context: SocketContext) -> None:
        self._query = read_nova(query)
        self._send = context.send
        self._request_id = str(uuid.uuid4())
        self._final_end_ms = 0.0
        """End of the audio that final results have covered."""
        self._last_word_end_ms = 0.0
        self._utterance_open = False
        callbacks = Callbacks(
            speech_started=self._on_speech_started,
            interim=self._on_interim,
            eager=self._on_interim,
            resumed=_do_nothing,
            partial_final=self._on_partial_final,
            final=self._on_final,
        )
        self._stream = TranscriptionStream(context, callbacks, self._query.endpointing_ms or 0.0)

    async def open(self) -> None:
        """Do nothing: Nova sends no message until there is a result."""

    async def on_audio(self, audio: bytes) -> None:
        """Handle a binary message."""
        await self._stream.push(audio)
        segmenter = self._stream.segmenter
        uncovered_ms = segmenter.audio_ms - self._final_end_ms
        if segmenter.segment is None and uncovered_ms >= _MAX_RESULTS_INTERVAL_MS:
            await self._send_results(Transcript((), segmenter.audio_ms), is_final=True, speech_final=False)
        await self._maybe_send_utterance_end()

    async def _maybe_send_utterance_end(self) -> None:
        min_gap_ms, segmenter = self._query.utterance_end_ms, self._stream.segmenter
        if not min_gap_ms or not self._utterance_open:
            return
        # The current segment may contain the next word, so the gap lasts only until that segment's speech.
        gap_end_ms = segmenter.segment.speech_start_ms if segmenter.segment else segmenter.audio_ms
        if gap_end_ms - self._last_word_end_ms >= min_gap_ms:
            self._utterance_open = False
            end_s = self._last_word_end_ms / 1000
            await self._send({"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": end_s})

    async def on_message(self, message: Mapping[str, Any]) -> bool:
        """Handle a text message; returns False if the socket must be closed."""
        match message.get("type"):
            case "Finalize":
                await self._stream.finalize()
            case "CloseStream":
                await self._stream.finalize()
                await self._send_metadata()
                return False
            case "KeepAlive":
                pass
            case "Configure":
                await self._configure(message)
            case other:
                await self._send(
                    {
                        "type": "Error",
                        "variant": "SchemaError",
                        "description": f"Could not deserialize last text message: unknown type {other!r}.",
                        "message": json.dumps(message),
                    }
                )
        return True

    async def _configure(self, message: Mapping[str, Any]) -> None:
        """Answer as Deepgram does; keyterms do not change what the emulator recognises."""
        reply: dict[str, Any] = {"type": "ConfigureSuccess", "request_id": self._request_id}
        keyterms = message.get("keyterms")
        try:
            if keyterms is not None and not self._query.model.startswith("nova-3"):
                code, reason = "CONFIGURE_KEYTERMS_NOT_SUPPORTED", "Only Nova-3 takes keyterms."
                reply |= {"type": "ConfigureFailure", "code": code, "description": reason}
            elif keyterms is not None:
                reply["keyterms"] = list(read_keyterms(keyterms))
        except InvalidQuery as error:
            code = "CONFIGURE_KEYTERM_LIMIT_EXCEEDED"
            reply |= {"type": "ConfigureFailure", "code": code, "description": str(error)}
        await self._send(reply)

    async def _on_speech_started(self, at_ms: float) -> None:
        if self._query.vad_events:
            await self._send({"type": "SpeechStarted", "channel": [0, 1], "timestamp": at_ms / 1000})

    async def _on_interim(self, transcript: Transcript) -> None:
        if self._query.interim_results:
            await self._send_results(transcript, is_final=False, speech_final=False)

    async def _on_partial_final(self, transcript: Transcript) -> None:
        self._note_last_word(transcript)
        await self._send_results(transcript, is_final=True, speech_final=False)

    async def _on_final(self, transcript: Transcript, forced: bool) -> None:
        self._note_last_word(transcript)
        speech_final = self._query.endpointing_ms is not None and not forced
        await self._send_results(transcript, is_final=True, speech_final=speech_final, from_finalize=forced)

    def _note_last_word(self, transcript: Transcript) -> None:
        if transcript.words:
            self._last_word_end_ms = transcript.words[-1].end_ms
            self._utterance_open = True

    async def _send_results(
        self, transcript: Transcript, *, is_final: bool, speech_final: bool, from_finalize: bool = False
    ) -> None:
        start_ms = self._final_end_ms
        if is_final:
            self._final_end_ms = transcript.audio_end_ms
        confidence = min((word.confidence for word in transcript.words), default=0.0)
        alternative = {
            "transcript": transcript.text,
            "confidence": confidence,
            "words": [_word(word) for word in transcript.words],
        }
        await self._send(
            {
                "type": "Results",
                "channel_index": [0, 1],
                "duration": (transcript.audio_end_ms - start_ms) / 1000,
                "start": start_ms / 1000,
                "is_final": is_final,
                "speech_final": speech_final,
                "from_finalize": from_finalize,
                "channel": {"alternatives": [alternative]},
                "metadata": {
                    "request_id": self._request_id,
                    "model_info": {"name": "sandbox", "version": "1", "arch": self._query.model},
                    "model_uuid": str(uuid.UUID(int=1)),
                },
            }
        )

    async def _send_metadata(self) -> None:
        await self._send(
            {
                "type": "Metadata",
                "transaction_key": "deprecated",
                "request_id": self._request_id,
                "sha256": "0" * 64,
                "created": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
                "duration": self._stream.segmenter.audio_ms / 1000,
                "channels": 1,
            }
        )


def _word(word: Word) -> dict[str, Any]:
    return {
        "word": word.text,
        "start": word.start_ms / 1000,
        "end": word.end_ms / 1000,
        "confidence": word.confidence,
        "punctuated_word": word.text,
    }


async def _do_nothing() -> None:
    pass
