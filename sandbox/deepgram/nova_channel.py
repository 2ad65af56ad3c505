"""Results of one channel of a `/v1/listen` socket."""

import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sandbox.deepgram.formatting import PLAIN_TEXT, WrittenWord, write
from sandbox.deepgram.query import NovaQuery
from sandbox.deepgram.settings import DeepgramSandboxSettings
from sandbox.deepgram.socket_context import SocketContext
from sandbox.deepgram.utterance_ends import UtteranceEnds
from sandbox.recognition.recogniser import Word
from sandbox.recognition.stream import Callbacks, Transcript, TranscriptionStream

_MAX_RESULTS_INTERVAL_MS = 5000
"""During silence an empty final result is sent after this much audio."""


class NovaChannel:
    """Transcribes one channel and sends its Results, SpeechStarted and UtteranceEnd."""

    def __init__(self, number: int, query: NovaQuery, request_id: str, context: SocketContext) -> None:
        self._query = query
        self._index = [number, query.audio.transcribed_channels]
        self._request_id = request_id
        self._send = context.send
        self._runtime_settings = context.runtime_settings
        self._final_end_ms = 0.0
        """End of the audio that final results have covered."""
        self._results_ms = 0.0
        """End of the audio that the last result has covered."""
        self._utterance_end = UtteranceEnds(query.utterance_end_ms, self._index, context)
        callbacks = Callbacks(
            speech_started=self._on_speech_started,
            interim=self._on_interim,
            eager=self._on_eager,
            resumed=_do_nothing,
            partial_final=self._on_partial_final,
            final=self._on_final,
        )
        self._stream = TranscriptionStream(context.stream, callbacks, query.endpointing_ms or 0.0)

    @property
    def _settings(self) -> DeepgramSandboxSettings:
        return self._runtime_settings.current

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
        if segmenter.segment is None:
            await self._report_silence(segmenter.audio_ms)
        await self._utterance_end.on_audio(segmenter)

    async def _report_silence(self, audio_ms: float) -> None:
        """Send empty results: final ones now and then, interim ones in between."""
        silence = Transcript((), audio_ms)
        interval_ms = self._settings.stt_silence_interim_ms
        if audio_ms - self._final_end_ms >= _MAX_RESULTS_INTERVAL_MS:
            await self._send_results(silence, is_final=True, speech_final=False)
        elif interval_ms and self._query.interim_results and audio_ms - self._results_ms >= interval_ms:
            await self._send_results(silence, is_final=False, speech_final=False)

    async def _on_speech_started(self, at_ms: float) -> None:
        if self._query.vad_events:
            await self._send({"type": "SpeechStarted", "channel": self._index, "timestamp": at_ms / 1000})

    async def _on_interim(self, transcript: Transcript) -> None:
        if self._query.interim_results:
            await self._send_results(transcript, is_final=False, speech_final=False)
        await self._utterance_end.on_words()

    async def _on_eager(self, transcript: Transcript) -> None:
        if self._query.interim_results:
            await self._send_results(transcript, is_final=False, speech_final=False, complete=True)
        await self._utterance_end.on_words()

    async def _on_partial_final(self, transcript: Transcript) -> None:
        await self._send_results(transcript, is_final=True, speech_final=False)
        self._utterance_end.on_final(transcript)

    async def _on_final(self, transcript: Transcript, forced: bool) -> None:
        speech_final = self._query.endpointing_ms is not None and not forced
        await self._send_results(
            transcript,
            is_final=True,
            speech_final=speech_final or (forced and self._settings.stt_finalize_speech_final),
            from_finalize=forced,
            complete=True,
        )
        self._utterance_end.on_final(transcript)

    async def _send_results(
        self,
        transcript: Transcript,
        *,
        is_final: bool,
        speech_final: bool,
        from_finalize: bool = False,
        complete: bool = False,
    ) -> None:
        start_ms = self._final_end_ms
        self._results_ms = transcript.audio_end_ms
        if is_final:
            self._final_end_ms = transcript.audio_end_ms
        words = _understood(transcript.words, self._query)
        text_format = self._query.text_format if self._settings.stt_format else PLAIN_TEXT
        written = write(words, text_format, complete=complete)
        alternative: dict[str, Any] = {
            "transcript": " ".join(word.text for word in written),
            "confidence": min((word.confidence for word in words), default=0.0),
            "words": [self._word(word) for word in written],
        }
        if self._query.multilingual:
            alternative["languages"] = languages_of(words)
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

    def _word(self, written: WrittenWord) -> dict[str, Any]:
        word = written.word
        found: dict[str, Any] = {
            "word": word.text,
            "start": word.start_ms / 1000,
            "end": word.end_ms / 1000,
            "confidence": word.confidence,
        }
        if written.punctuated is not None:
            found["punctuated_word"] = written.punctuated
        if self._query.diarize:
            found["speaker"] = 0
        if self._query.multilingual:
            found["language"] = word.language
        return found


def languages_of(words: Sequence[Word]) -> list[str]:
    """The languages of the words, the most frequent one first."""
    return [language for language, _ in Counter(word.language for word in words).most_common()]


def _understood(words: Sequence[Word], query: NovaQuery) -> tuple[Word, ...]:
    """The words in English or the requested language: a model of one language understands no other."""
    if query.multilingual:
        return tuple(words)
    understood = ("en", _primary(query.language))
    return tuple(word for word in words if _primary(word.language) in understood)


def _primary(tag: str) -> str:
    return tag.partition("-")[0].lower()


async def _do_nothing() -> None:
    pass
