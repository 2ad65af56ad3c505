"""Results of one channel of a `/v1/listen` socket."""

import uuid
from typing import Any

from sandbox.deepgram.query import NovaQuery
from sandbox.deepgram.recogniser import Word
from sandbox.deepgram.stream import Callbacks, SocketContext, Transcript, TranscriptionStream

_MAX_RESULTS_INTERVAL_MS = 5000
"""During silence an empty final result is sent after this much audio."""


class NovaChannel:
    """Transcribes one channel and sends its Results, SpeechStarted and UtteranceEnd."""

    def __init__(self, number: int, query: NovaQuery, request_id: str, context: SocketContext) -> None:
        self._query = query
        self._index = [number, query.audio.transcribed_channels]
        self._request_id = request_id
        self._send = context.send
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
        self._stream = TranscriptionStream(context, callbacks, query.endpointing_ms or 0.0)

    @property
    def audio_ms(self) -> float:
        """Length of the channel's audio so far."""
        return self._stream.segmenter.audio_ms

    async def finalize(self) -> None:
        """Send a final result for the current speech now."""
        await self._stream.finalize()

    async def on_audio(self, audio: bytes) -> None:
        """Handle mu-law."""
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
            await self._send({"type": "UtteranceEnd", "channel": self._index, "last_word_end": end_s})

    async def _on_speech_started(self, at_ms: float) -> None:
        if self._query.vad_events:
            await self._send({"type": "SpeechStarted", "channel": self._index, "timestamp": at_ms / 1000})

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
                "channel_index": self._index,
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
