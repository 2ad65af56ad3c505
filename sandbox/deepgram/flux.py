"""Protocol of `/v2/listen`: Connected, then TurnInfo messages.

TurnInfo events are StartOfTurn, Update, EagerEndOfTurn, TurnResumed and EndOfTurn. A turn is one speech
segment. It ends `stt_final_ms` after its speech; with an eot_threshold of 1 it ends on ForceEndTurn or after
eot_timeout_ms of silence. With eager_eot_threshold set, EagerEndOfTurn is sent `stt_eager_ms` after the
speech, at most half of `stt_final_ms`.
"""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sandbox.deepgram.audio_format import AudioFormat
from sandbox.deepgram.invalid_query import InvalidQuery
from sandbox.deepgram.nova_channel import languages_of
from sandbox.deepgram.query import FluxQuery, Query, read_flux
from sandbox.deepgram.socket_context import SocketContext
from sandbox.recognition.recogniser import Word
from sandbox.recognition.spoken_numbers import write_numbers
from sandbox.recognition.stream import Callbacks, Transcript, TranscriptionStream

_LOW_CONFIDENCE = 0.1
_NO_WORDS = Transcript((), 0.0)


class FluxSession:
    """Session of one `/v2/listen` socket."""

    def __init__(self, query: Query, context: SocketContext) -> None:
        self._context = context
        self._request_id = str(uuid.uuid4())
        self._sequence_id = 0
        self._turn_index = 0
        self._started = False
        self._last_transcript = _NO_WORDS
        self._turn_start_ms = 0.0
        self._sent_ms = 0.0
        """Length of the audio at the last TurnInfo message."""
        self._final_words: tuple[Word, ...] = ()
        """Words of a long turn whose segment was split off and will not be recognised again."""
        self._eager_sent = False
        self._query = read_flux(query)
        callbacks = Callbacks(
            speech_started=self._on_speech_started,
            interim=self._on_interim,
            eager=self._on_eager,
            resumed=self._on_resumed,
            partial_final=self._on_partial_final,
            final=self._on_final,
        )
        self._stream = TranscriptionStream(context.stream, callbacks, _min_silence_ms(self._query))

    async def open(self) -> None:
        """Send the Connected message."""
        await self._send({"type": "Connected"})

    @property
    def audio_format(self) -> AudioFormat:
        """Format of the audio that the client sends."""
        return self._query.audio

    async def on_audio(self, audio: bytes, _channel: int = 0) -> None:
        """Handle mu-law."""
        await self._stream.push(audio)
        await self._repeat_update()

    async def _repeat_update(self) -> None:
        """Report the current words again, or an empty text, unless a message has just been sent."""
        audio_ms = self._stream.segmenter.audio_ms
        interval_ms = self._context.runtime_settings.current.stt_flux_update_ms
        if interval_ms and not self._eager_sent and audio_ms - self._sent_ms >= interval_ms:
            if not self._started:
                self._turn_start_ms = audio_ms
            transcript = replace(self._last_transcript, audio_end_ms=audio_ms)
            await self._send_turn_info("Update", transcript, _LOW_CONFIDENCE)

    async def on_message(self, message: Mapping[str, Any]) -> bool:
        """Handle a text message; returns False if the socket must be closed."""
        match message.get("type"):
            case "CloseStream":
                return False
            case "ForceEndTurn" if self._stream.segmenter.segment is None:
                text = "No turn is active."
                await self._send(
                    {"type": "Warning", "code": "FORCE_END_TURN_NO_ACTIVE_TURN", "description": text}
                )
            case "ForceEndTurn":
                await self._stream.finalize()
            case "Configure":
                await self._configure(message)
            case other:
                text = f"unknown message type {other!r}"
                await self._send({"type": "Error", "code": "UNPARSABLE_CLIENT_MESSAGE", "description": text})
                return False
        return True

    async def _configure(self, message: Mapping[str, Any]) -> None:
        try:
            self._query = self._query.configured(message)
        except InvalidQuery as error:
            code = "CONFIGURE_INVALID_VALUE"
            await self._send({"type": "ConfigureFailure", "code": code, "description": str(error)})
            return
        self._stream.min_silence_ms = _min_silence_ms(self._query)
        await self._send(
            {
                "type": "ConfigureSuccess",
                "thresholds": _thresholds(self._query),
                "keyterms": list(self._query.keyterms),
            }
        )

    async def _on_speech_started(self, at_ms: float) -> None:
        if not self._started:
            self._turn_start_ms = at_ms

    async def _on_partial_final(self, transcript: Transcript) -> None:
        await self._on_interim(transcript)
        self._final_words += transcript.words

    async def _on_interim(self, transcript: Transcript) -> None:
        if not transcript.words and not self._final_words:
            return
        self._last_transcript = transcript
        event = "Update" if self._started else "StartOfTurn"
        self._started = True
        await self._send_turn_info(event, transcript, _LOW_CONFIDENCE)

    async def _on_eager(self, transcript: Transcript) -> None:
        if not self._started:
            await self._on_interim(transcript)
        self._last_transcript = transcript
        if self._query.eager_eot_threshold is not None:
            await self._send_eager_end(transcript, self._query.eager_eot_threshold)

    async def _send_eager_end(self, transcript: Transcript, threshold: float) -> None:
        self._eager_sent = True
        confidence = (threshold + self._query.eot_threshold) / 2
        await self._send_turn_info("EagerEndOfTurn", transcript, confidence)

    async def _on_resumed(self) -> None:
        if self._eager_sent:
            self._eager_sent = False
            await self._send_turn_info("TurnResumed", self._last_transcript, _LOW_CONFIDENCE)

    async def _on_final(self, transcript: Transcript, forced: bool) -> None:
        if transcript.words or self._final_words or self._started:
            if not transcript.words and not self._final_words:
                # StartOfTurn was sent with interim words that the final lacks; the turn must still end.
                transcript = replace(self._last_transcript, audio_end_ms=transcript.audio_end_ms)
            if not self._started:
                await self._on_interim(transcript)
            await self._end_turn(transcript, forced=forced)
            self._turn_index += 1
        self._started = self._eager_sent = False
        self._last_transcript, self._final_words = _NO_WORDS, ()

    async def _end_turn(self, transcript: Transcript, *, forced: bool) -> None:
        threshold = self._query.eot_threshold
        if forced:
            await self._send_turn_info("EndOfTurn", transcript, _LOW_CONFIDENCE, trigger="manual")
        elif self._query.ends_by_timeout_only:
            await self._send_turn_info("EndOfTurn", transcript, _LOW_CONFIDENCE, trigger="timeout")
        else:
            if self._query.eager_eot_threshold is not None and not self._eager_sent:
                await self._send_eager_end(transcript, self._query.eager_eot_threshold)
            await self._send_turn_info("EndOfTurn", transcript, (1 + threshold) / 2, trigger="model")

    async def _send_turn_info(
        self, event: str, transcript: Transcript, confidence: float, **more: str
    ) -> None:
        words: tuple[Word, ...] = (*self._final_words, *transcript.words)
        if self._query.numerals:
            words = write_numbers(words, smart=False)
        self._sent_ms = self._stream.segmenter.audio_ms
        languages: dict[str, Any] = {}
        if self._query.multilingual:
            languages = {
                "languages": languages_of(words),
                "languages_hinted": list(self._query.language_hints),
            }
        await self._send(
            {
                "type": "TurnInfo",
                "event": event,
                "turn_index": self._turn_index,
                "audio_window_start": self._turn_start_ms / 1000,
                "audio_window_end": transcript.audio_end_ms / 1000,
                "transcript": " ".join(word.text for word in words),
                "words": [_word(word) for word in words],
                "end_of_turn_confidence": confidence,
                **languages,
                **more,
            }
        )

    async def _send(self, message: dict[str, Any]) -> None:
        # Only Error has no request_id.
        request_id = {} if message["type"] == "Error" else {"request_id": self._request_id}
        numbered = {**message, **request_id, "sequence_id": self._sequence_id}
        self._sequence_id += 1
        await self._context.send(numbered)


def _min_silence_ms(query: FluxQuery) -> float:
    return query.eot_timeout_ms if query.ends_by_timeout_only else 0.0


def _thresholds(query: FluxQuery) -> dict[str, float]:
    """The current thresholds, as ConfigureSuccess reports them."""
    found = {"eot_threshold": query.eot_threshold, "eot_timeout_ms": int(query.eot_timeout_ms)}
    if query.eager_eot_threshold is not None:
        found["eager_eot_threshold"] = query.eager_eot_threshold
    return found


def _word(word: Word) -> dict[str, Any]:
    return {
        "word": word.text,
        "confidence": word.confidence,
        "start": word.start_ms / 1000,
        "end": word.end_ms / 1000,
    }
