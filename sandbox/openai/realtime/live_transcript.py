"""Transcribes uncommitted audio while it arrives, in deltas that only append text."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from parley.audio.g711 import FRAME_MS, bytes_to_ms, ms_to_bytes
from sandbox.caller.loudness import is_audible
from sandbox.deepgram.formatting import TextFormat, write
from sandbox.recognition.recogniser import Word

DELAYS_MS: Mapping[str, float] = {"minimal": 400, "low": 700, "medium": 1000, "high": 1500, "xhigh": 2500}
"""Time from the end of a word to its delta, by the session's `delay`."""
DEFAULT_DELAY = "medium"
_INTERVAL_MS = 200
_MARGIN_MS = 200
_FORMAT = TextFormat(punctuate=True)

Recognise = Callable[[bytes], Awaitable[tuple[Word, ...]]]


class LiveTranscript:
    """The transcript of one item; text that was sent does not change."""

    def __init__(self, item_id: str) -> None:
        self.item_id = item_id
        self.text = ""
        """All deltas so far."""
        self._words = 0
        self._mulaw = bytearray()
        self._silence_ms = 0
        """Silence at the end."""
        self._since_ms = 0
        """Audio since the last recognition."""

    def push(self, frame: bytes) -> bool:
        """Append a frame of 20 ms; true if a recognition is due."""
        audible = is_audible(frame)
        self._silence_ms = 0 if audible else self._silence_ms + FRAME_MS
        if not audible and not self._mulaw:
            return False
        self._mulaw += frame
        self._since_ms += FRAME_MS
        stable = self._silence_ms > max(DELAYS_MS.values()) + _INTERVAL_MS
        if stable or self._since_ms < _INTERVAL_MS:
            return False
        self._since_ms = 0
        return True

    async def deltas(self, recognise: Recognise, delay_ms: float) -> list[str]:
        """The deltas of the words that ended before the delay."""
        end_ms = bytes_to_ms(len(self._mulaw)) - delay_ms
        words = await recognise(self._audio())
        return self._append(tuple(word for word in words if word.end_ms <= end_ms), complete=False)

    async def rest(self, recognise: Recognise) -> list[str]:
        """The deltas of all other words, once the item is committed."""
        return self._append(await recognise(self._audio()), complete=True) if self._mulaw else []

    def _audio(self) -> bytes:
        silence = ms_to_bytes(max(0, self._silence_ms - _MARGIN_MS))
        return bytes(self._mulaw[: len(self._mulaw) - silence])

    def _append(self, words: tuple[Word, ...], *, complete: bool) -> list[str]:
        texts = [word.text for word in write(words, _FORMAT, complete=complete)]
        deltas = [
            f" {text}" if self.text or number else text for number, text in enumerate(texts[self._words :])
        ]
        if complete and texts and not deltas:
            # The last word was sent without the mark that follows it.
            deltas = [mark] if (mark := texts[-1][-1]) in ".?" else []
        self._words = max(self._words, len(texts))
        self.text += "".join(deltas)
        return deltas


class LiveTranscriber:
    """Sends the deltas of uncommitted audio; at most one recognition is in progress."""

    def __init__(
        self,
        recognise: Recognise,
        send_delta: Callable[[str, str], Awaitable[None]],
        tasks: asyncio.TaskGroup,
    ) -> None:
        """Create it; `send_delta` sends text of an item."""
        self._recognise = recognise
        self._send_delta = send_delta
        self._tasks = tasks
        self._running: asyncio.Task[None] | None = None
        self._current: LiveTranscript | None = None

    def push(self, frame: bytes, item_id: str, delay: str) -> None:
        """Append a frame to the item that is not committed yet."""
        if self._current is None:
            self._current = LiveTranscript(item_id)
        if self._current.push(frame) and (self._running is None or self._running.done()):
            self._running = self._tasks.create_task(self._advance(self._current, DELAYS_MS[delay]))

    async def _advance(self, transcript: LiveTranscript, delay_ms: float) -> None:
        for delta in await transcript.deltas(self._recognise, delay_ms):
            await self._send_delta(transcript.item_id, delta)

    def clear(self) -> None:
        """Drop the audio."""
        self._current = None

    def take(self) -> LiveTranscript | None:
        """Return and remove the item; None without audio."""
        transcript, self._current = self._current, None
        return transcript

    async def complete(self, transcript: LiveTranscript) -> None:
        """Send the rest of the deltas of an item that is committed."""
        if self._running is not None and not self._running.done():
            await asyncio.wait([self._running])
        for delta in await transcript.rest(self._recognise):
            await self._send_delta(transcript.item_id, delta)
