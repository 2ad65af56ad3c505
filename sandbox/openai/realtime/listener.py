"""Recognises the caller's committed audio, and sends its transcript where the session has requested one."""

import asyncio
import math
from dataclasses import dataclass
from typing import Any

from sandbox.caller.loudness import audible_bounds
from sandbox.deepgram.formatting import TextFormat, write
from sandbox.openai.realtime.conversation import Item
from sandbox.openai.realtime.events import event
from sandbox.openai.realtime.input_buffer import Committed
from sandbox.openai.realtime.live_transcript import LiveTranscriber, LiveTranscript
from sandbox.openai.realtime.outgoing import AbortSession, Outgoing
from sandbox.recognition.recogniser import Recogniser, RecognitionError, Word

_FORMAT = TextFormat(smart=True)
_MARGIN_BYTES = 1600
_WHOLE = ("whisper-1",)
"""Models that send the whole transcript in one delta."""
_BILLED_BY_DURATION = ("whisper-1", "gpt-live-transcribe", "gpt-realtime-whisper")
_PREFIX = "conversation.item.input_audio_transcription"


@dataclass(frozen=True, slots=True)
class Transcription:
    """How the transcript of one item is sent."""

    model: str = ""
    """Empty for none."""
    delay_s: float = 0.0
    """Time from the commit to the transcript."""
    faults: frozenset[str] = frozenset()
    silence_s: float = 0.0
    """Length of the faults' silences."""
    live: LiveTranscript | None = None
    """The deltas that were sent before the commit, of a model that sends them."""


class Listener:
    """Recognises the turns of one session."""

    def __init__(self, recogniser: Recogniser, outgoing: Outgoing, tasks: asyncio.TaskGroup) -> None:
        self._recogniser = recogniser
        self._outgoing = outgoing
        self._tasks = tasks
        self._pending: set[asyncio.Task[None]] = set()
        self.live = LiveTranscriber(self.recognise, self._send_delta, tasks)
        """Transcribes audio that has not been committed, for models that send deltas of it."""

    def listen(self, item: Item, audio: Committed, transcription: Transcription) -> None:
        """Recognise the audio of an item, and send its transcript."""
        if transcription.live is None:
            task = self._tasks.create_task(self._recognise_item(item, audio))
            self._pending.add(task)
            task.add_done_callback(self._pending.discard)
        if transcription.model:
            self._tasks.create_task(self._transcribe(item, audio, transcription))

    async def settled(self) -> None:
        """Wait until all turns so far were recognised."""
        if self._pending:
            await asyncio.wait(set(self._pending))

    async def recognise(self, mulaw: bytes) -> tuple[Word, ...]:
        """The words of audio, without the silence around it; none if recognition fails."""
        begin, end = audible_bounds(mulaw)
        begin = max(0, begin - _MARGIN_BYTES)
        if not end:
            return ()
        try:
            found = await self._recogniser.recognise(mulaw[begin : end + _MARGIN_BYTES])
        except RecognitionError:
            return ()
        shift_ms = begin / 8
        return tuple(Word(w.text, w.start_ms + shift_ms, w.end_ms + shift_ms, w.confidence) for w in found)

    async def text(self, mulaw: bytes) -> str:
        """The words in audio that has not been committed."""
        return " ".join(word.text for word in await self.recognise(mulaw))

    async def _recognise_item(self, item: Item, audio: Committed) -> None:
        words = await self.recognise(audio.mulaw)
        item.text = " ".join(word.text for word in write(words, _FORMAT, complete=True))

    async def _transcribe(self, item: Item, audio: Committed, how: Transcription) -> None:
        faults = how.faults
        late_s = how.silence_s if "slow_transcript" in faults else 0.0
        if "cut_transcription" in faults:
            raise AbortSession
        await asyncio.gather(self.settled(), asyncio.sleep(how.delay_s + late_s))
        if "no_transcript" in faults:
            return
        if "transcription_failed" in faults:
            error = {"type": "server_error", "code": None, "message": "Transcription failed.", "param": None}
            await self._send("failed", item.id, error=error)
            return
        if how.live is not None:
            if "deltas_stop" not in faults:
                await self.live.complete(how.live)
            item.text = how.live.text
        else:
            for delta in [item.text] if how.model in _WHOLE else _deltas(item.text):
                await self._send_delta(item.id, delta)
        item.data["content"] = [{"type": "input_audio", "transcript": item.text}]
        fields = {"transcript": item.text.strip(), "usage": usage(how.model, audio, item.text)}
        await self._send("completed", item.id, **fields)

    async def _send_delta(self, item_id: str, delta: str) -> None:
        await self._send("delta", item_id, delta=delta)

    async def _send(self, what: str, item_id: str, **fields: Any) -> None:
        await self._outgoing.send(event(f"{_PREFIX}.{what}", item_id=item_id, content_index=0, **fields))


def usage(model: str, audio: Committed, text: str) -> dict[str, Any]:
    """The usage of a transcription: seconds, rounded up, or tokens."""
    if model in _BILLED_BY_DURATION:
        return {"type": "duration", "seconds": math.ceil(audio.duration_ms / 1000)}
    given, made = math.ceil(audio.duration_ms / 100), len(text.split()) + 2
    return {
        "type": "tokens",
        "total_tokens": given + made,
        "input_tokens": given,
        "input_token_details": {"text_tokens": 0, "audio_tokens": given},
        "output_tokens": made,
    }


def _deltas(text: str) -> list[str]:
    words = text.split()
    return [f" {word}" if number else word for number, word in enumerate(words)]
