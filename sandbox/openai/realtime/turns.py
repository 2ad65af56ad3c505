"""The turns of the caller: detected in the audio, or committed by the client."""

import re
from typing import Any

from parley.audio.g711 import FRAME_MS
from sandbox.openai.realtime.conversation import Item
from sandbox.openai.realtime.events import error_event, event, item_events, new_id
from sandbox.openai.realtime.input_buffer import InputBuffer
from sandbox.openai.realtime.listener import Transcription
from sandbox.openai.realtime.responder import Responder, SessionParts
from sandbox.openai.realtime.turn_detector import Pause, SpeechStarted, TurnDetector

_UNFINISHED = re.compile(
    r"(?:\b(?:um|uh|er|and|or|but|because|so|the|a|an|my|is|to|of|for|with|at|on|in)|[,…])\W*$", re.IGNORECASE
)
"""Ends of a text after which a caller continues."""


class Turns:
    """Commits the caller's turns, and lets the model answer them."""

    def __init__(self, parts: SessionParts, buffer: InputBuffer, responder: Responder) -> None:
        self._parts = parts
        self._buffer = buffer
        self._responder = responder
        self._detector = TurnDetector()
        self._next_item_id = new_id("item")

    def reset(self) -> None:
        """Forget the speech that is in progress."""
        self._detector.reset()

    async def on_audio(self, mulaw: bytes) -> None:
        """Append audio, and act on what is detected in it."""
        config = self._parts.config.turn_detection
        # Frame by frame, because a turn ends within the audio of a long event.
        for at in range(0, len(mulaw), FRAME_MS * 8):
            frame = mulaw[at : at + FRAME_MS * 8]
            self._buffer.append(frame)
            if self._parts.config.streams:
                self._parts.listener.live.push(frame, self._next_item_id, self._parts.config.delay)
            for found in self._detector.push(frame, config):
                await self._on_detected(found, config or {})
            if config is not None and not self._detector.speaking:
                self._buffer.keep_last(config.get("prefix_padding_ms", 300) + 100)

    async def _on_detected(self, found: SpeechStarted | Pause, config: dict[str, Any]) -> None:
        if isinstance(found, SpeechStarted):
            start_ms = max(0, round(found.at_ms - config.get("prefix_padding_ms", 300)))
            await self._send(
                "input_audio_buffer.speech_started", audio_start_ms=start_ms, item_id=self._next_item_id
            )
            if config["interrupt_response"]:
                await self._responder.cancel("turn_detected")
            return
        if not found.final and await self._is_unfinished():
            return
        self._detector.reset()
        end_ms = round(found.at_ms)
        await self._send("input_audio_buffer.speech_stopped", audio_end_ms=end_ms, item_id=self._next_item_id)
        await self.commit()
        if config["create_response"] and not self._parts.config.transcribes:
            error = await self._responder.create()
            if error is not None:
                await self._parts.outgoing.send(error_event(error))

    async def _is_unfinished(self) -> bool:
        return bool(_UNFINISHED.search(await self._parts.listener.text(self._buffer.peek())))

    async def commit(self) -> None:
        """Make an item of the audio in the buffer."""
        self._detector.reset()
        parts, audio = self._parts, self._buffer.take()
        content = [{"type": "input_audio", "transcript": None}]
        item = Item(
            {
                "id": self._next_item_id,
                "object": "realtime.item",
                "type": "message",
                "status": "completed",
                "role": "user",
                "content": content,
            },
            audio_ms=audio.duration_ms,
        )
        self._next_item_id = new_id("item")
        previous = parts.conversation.add(item)
        committed = event("input_audio_buffer.committed", previous_item_id=previous, item_id=item.id)
        await parts.outgoing.send(committed, *item_events(("added", "done"), item.data, previous))
        parts.listener.listen(item, audio, self._transcription())

    def _transcription(self) -> Transcription:
        """How the item that was committed is transcribed."""
        model, settings = self._parts.config.transcription_model, self._parts.exchanges.settings
        if not model:
            return Transcription()
        return Transcription(
            model,
            settings.realtime_transcript_ms / 1000,
            self._parts.exchanges.choose_realtime_faults(model, "")
            if self._parts.config.transcribes
            else frozenset(),
            settings.llm_silence_s,
            self._parts.listener.live.take(),
        )

    def _faults(self, model: str) -> frozenset[str]:
        """The faults of a transcription; in a session that speaks, they are those of its responses."""
        transcribes = self._parts.config.transcribes
        return self._parts.exchanges.choose_realtime_faults(model, "") if transcribes else frozenset()

    async def _send(self, kind: str, **fields: Any) -> None:
        await self._parts.outgoing.send(event(kind, **fields))
