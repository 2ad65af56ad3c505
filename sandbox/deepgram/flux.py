"""`/v2/listen`: Connected, then TurnInfo: StartOfTurn, Update, EagerEndOfTurn, TurnResumed, EndOfTurn."""

import asyncio
import uuid
from collections.abc import Mapping
from typing import Any

from sandbox.deepgram.nova import Send
from sandbox.deepgram.recogniser import Recogniser, Word
from sandbox.deepgram.settings import DeepgramSandboxSettings
from sandbox.deepgram.stream import Ears, Recognised, SoundStream
from sandbox.stand_in import Dials, Journal

_SURE, _LIKELY, _UNLIKELY = 0.9, 0.6, 0.1
_NONE = Recognised((), 0.0)


class Flux:
    """One socket."""

    def __init__(
        self,
        query: Mapping[str, str],
        recogniser: Recogniser,
        dials: Dials[DeepgramSandboxSettings],
        journal: Journal,
        send: Send,
        tasks: asyncio.TaskGroup,
    ) -> None:
        self._send = send
        self._request_id = str(uuid.uuid4())
        self._sequence = 0
        self._turn = 0
        self._started = False
        self._last = _NONE
        self._turn_began_ms = 0.0
        self._eager = "eager_eot_threshold" in query
        self._was_eager = False
        ears = Ears(self._speech_started, self._guess, self._early, self._resumed, self._final)
        self._stream = SoundStream(recogniser, ears, dials, journal, query.get("tag", ""), 0, tasks)

    async def greet(self) -> None:
        """Flux says that it is there."""
        await self._say({"type": "Connected"})

    async def sound(self, data: bytes) -> None:
        """Binary message."""
        await self._stream.hear(data)

    async def message(self, message: Mapping[str, Any]) -> bool:
        """Text message; False when the socket shall be closed."""
        match message.get("type"):
            case "CloseStream":
                return False
            case "ForceEndTurn" if self._stream.finder.speech is None:
                text = "No turn is active."
                await self._say(
                    {"type": "Warning", "code": "FORCE_END_TURN_NO_ACTIVE_TURN", "description": text}
                )
            case "ForceEndTurn":
                await self._stream.finalize()
            case "Configure":
                thresholds = message.get("thresholds") or {}
                await self._say({"type": "ConfigureSuccess", "thresholds": thresholds, "keyterms": []})
            case other:
                text = f"unknown message type {other!r}"
                await self._say({"type": "Error", "code": "UNPARSABLE_CLIENT_MESSAGE", "description": text})
                return False
        return True

    async def _speech_started(self, at_ms: float) -> None:
        if not self._started:
            self._turn_began_ms = at_ms

    async def _guess(self, heard: Recognised) -> None:
        self._last = heard
        event = "Update" if self._started else "StartOfTurn"
        self._started = True
        await self._turn_info(event, heard, _UNLIKELY)

    async def _early(self, heard: Recognised) -> None:
        if not self._started:
            await self._guess(heard)
        self._last = heard
        if self._eager:
            self._was_eager = True
            await self._turn_info("EagerEndOfTurn", heard, _LIKELY)

    async def _resumed(self) -> None:
        if self._was_eager:
            self._was_eager = False
            await self._turn_info("TurnResumed", self._last, _UNLIKELY)

    async def _final(self, heard: Recognised, asked_for: bool) -> None:
        if heard.words:
            if not self._started:
                await self._guess(heard)
            if self._eager and not self._was_eager:
                await self._turn_info("EagerEndOfTurn", heard, _LIKELY)
            trigger = "manual" if asked_for else "model"
            await self._turn_info("EndOfTurn", heard, _SURE, trigger=trigger)
            self._turn += 1
        self._started = self._was_eager = False
        self._last = _NONE

    async def _turn_info(self, event: str, heard: Recognised, confidence: float, **more: str) -> None:
        await self._say(
            {
                "type": "TurnInfo",
                "event": event,
                "turn_index": self._turn,
                "audio_window_start": self._turn_began_ms / 1000,
                "audio_window_end": heard.heard_ms / 1000,
                "transcript": heard.transcript,
                "words": [_word(word) for word in heard.words],
                "end_of_turn_confidence": confidence,
                **more,
            }
        )

    async def _say(self, message: dict[str, Any]) -> None:
        told = {**message, "request_id": self._request_id, "sequence_id": self._sequence}
        self._sequence += 1
        await self._send(told)


def _word(word: Word) -> dict[str, Any]:
    return {
        "word": word.text,
        "confidence": word.confidence,
        "start": word.start_ms / 1000,
        "end": word.end_ms / 1000,
    }
