"""Recognises the caller's committed audio, and sends its transcript where the session has requested one."""

import asyncio
import math
from typing import Any

from sandbox.deepgram.formatting import TextFormat, write
from sandbox.openai.realtime.conversation import Item
from sandbox.openai.realtime.events import event
from sandbox.openai.realtime.input_buffer import Committed
from sandbox.openai.realtime.outgoing import Outgoing
from sandbox.recognition.recogniser import Recogniser, RecognitionError, Word

_FORMAT = TextFormat(smart=True)
_WHOLE = ("whisper-1",)
"""Models that send the whole transcript in one delta."""
_BILLED_BY_DURATION = ("whisper-1", "gpt-live-transcribe", "gpt-realtime-whisper")
_PREFIX = "conversation.item.input_audio_transcription"


def written(words: tuple[Word, ...], *, complete: bool = True) -> str:
    """The words as the models write them."""
    return " ".join(word.text for word in write(words, _FORMAT, complete=complete))


class Listener:
    """Recognises the turns of one session."""

    def __init__(self, recogniser: Recogniser, outgoing: Outgoing, tasks: asyncio.TaskGroup) -> None:
        self._recogniser = recogniser
        self._outgoing = outgoing
        self._tasks = tasks
        self._pending: set[asyncio.Task[None]] = set()

    def listen(self, item: Item, audio: Committed, model: str, delay_ms: float) -> None:
        """Recognise the audio of an item; with a model, its transcript is sent after a delay."""
        task = self._tasks.create_task(self._recognise(item, audio))
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)
        if model:
            self._tasks.create_task(self._transcribe(task, item, audio, model, delay_ms))

    async def settled(self) -> None:
        """Wait until all turns so far were recognised."""
        if self._pending:
            await asyncio.wait(set(self._pending))

    async def text(self, mulaw: bytes) -> str:
        """The words in audio that has not been committed."""
        try:
            return " ".join(word.text for word in await self._recogniser.recognise(mulaw))
        except RecognitionError:
            return ""

    async def _recognise(self, item: Item, audio: Committed) -> None:
        try:
            item.text = written(await self._recogniser.recognise(audio.mulaw))
        except RecognitionError:
            item.text = ""

    async def _transcribe(
        self, recognition: asyncio.Task[None], item: Item, audio: Committed, model: str, delay_ms: float
    ) -> None:
        await asyncio.gather(asyncio.wait([recognition]), asyncio.sleep(delay_ms / 1000))
        for delta in [item.text] if model in _WHOLE else _deltas(item.text):
            await self._outgoing.send(
                event(f"{_PREFIX}.delta", item_id=item.id, content_index=0, delta=delta)
            )
        fields = {"transcript": item.text, "usage": usage(model, audio, item.text)}
        item.data["content"] = [{"type": "input_audio", "transcript": item.text}]
        await self._outgoing.send(event(f"{_PREFIX}.completed", item_id=item.id, content_index=0, **fields))


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
