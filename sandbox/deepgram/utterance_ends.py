"""UtteranceEnd messages of one channel: on time, or late as Deepgram sends some of them."""

import random

from sandbox.deepgram.socket_context import SocketContext
from sandbox.recognition.speech_segmenter import SpeechSegmenter
from sandbox.recognition.stream import Transcript

_SEED = 1
_UNKNOWN_END_S = -1.0


class UtteranceEnds:
    """Reports a long gap after the last word, once an utterance."""

    def __init__(self, min_gap_ms: float, channel_index: list[int], context: SocketContext) -> None:
        self._min_gap_ms = min_gap_ms
        self._channel_index = channel_index
        self._context = context
        self._last_word_end_ms = 0.0
        self._open = False
        self._late_end_ms: float | None = None
        """End of an utterance whose message waits for the next words."""
        self._random = random.Random(_SEED)

    def on_final(self, transcript: Transcript) -> None:
        """Note the last word of a final result."""
        if transcript.words:
            self._last_word_end_ms = transcript.words[-1].end_ms
            self._open = bool(self._min_gap_ms)

    async def on_audio(self, segmenter: SpeechSegmenter) -> None:
        """Send the message when the gap is long enough."""
        if not self._open:
            return
        # The current segment may contain the next word, so the gap lasts only until that segment's speech.
        gap_end_ms = segmenter.segment.speech_start_ms if segmenter.segment else segmenter.audio_ms
        if gap_end_ms - self._last_word_end_ms < self._min_gap_ms:
            return
        self._open = False
        settings = self._context.runtime_settings.current
        if self._random.random() < settings.stt_late_utterance_end:
            self._late_end_ms = self._last_word_end_ms
        else:
            await self._send(self._last_word_end_ms)

    async def on_words(self) -> None:
        """Send the message that waits for new words, if any."""
        if self._late_end_ms is not None:
            late_end_ms, self._late_end_ms = self._late_end_ms, None
            await self._send(late_end_ms)

    async def _send(self, last_word_end_ms: float) -> None:
        unknown = self._random.random() < self._context.runtime_settings.current.stt_unknown_word_end
        end_s = _UNKNOWN_END_S if unknown else last_word_end_ms / 1000
        await self._context.send(
            {"type": "UtteranceEnd", "channel": self._channel_index, "last_word_end": end_s}
        )
