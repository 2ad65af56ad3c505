"""`/v2/listen`: Connected, then TurnInfo: StartOfTurn, Update, EagerEndOfTurn, TurnResumed, EndOfTurn.

A turn is one stretch of speech. It ends `stt_final_ms` after its voice; with an eot_threshold of 1, when told
or after eot_timeout_ms of silence. Half of `stt_final_ms` after the voice the eager end is told, to those who
asked for it.
"""

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sandbox.deepgram.nova import Send
from sandbox.deepgram.query import BadQuery, FluxQuery, Query, read_flux
from sandbox.deepgram.recogniser import Recogniser, Word
from sandbox.deepgram.settings import DeepgramSandboxSettings
from sandbox.deepgram.stream import Ears, Recognised, SoundStream
from sandbox.emulator import Journal, RuntimeSettings

_UNLIKELY = 0.1
_NONE = Recognised((), 0.0)


class Flux:
    """One socket."""

    def __init__(
        self,
        query: Query,
        recogniser: Recogniser,
        dials: RuntimeSettings[DeepgramSandboxSettings],
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
        self._fixed: tuple[Word, ...] = ()
        """Words of a long turn that are no longer in the recogniser's hands."""
        self._was_eager = False
        self._query = read_flux(query)
        ears = Ears(self._speech_started, self._guess, self._early, self._resumed, self._piece, self._final)
        tag = dict(query).get("tag", "")
        patience_ms = _patience_ms(self._query)
        self._stream = SoundStream(recogniser, ears, dials, journal, tag, patience_ms, tasks)

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
                await self._configure(message)
            case other:
                text = f"unknown message type {other!r}"
                await self._say({"type": "Error", "code": "UNPARSABLE_CLIENT_MESSAGE", "description": text})
                return False
        return True

    async def _configure(self, message: Mapping[str, Any]) -> None:
        try:
            self._query = self._query.configured(message)
        except BadQuery as error:
            code = "CONFIGURE_INVALID_VALUE"
            await self._say({"type": "ConfigureFailure", "code": code, "description": str(error)})
            return
        self._stream.patience_ms = _patience_ms(self._query)
        await self._say(
            {
                "type": "ConfigureSuccess",
                "thresholds": _thresholds(self._query),
                "keyterms": list(self._query.keyterms),
            }
        )

    async def _speech_started(self, at_ms: float) -> None:
        if not self._started:
            self._turn_began_ms = at_ms

    async def _piece(self, heard: Recognised) -> None:
        await self._guess(heard)
        self._fixed += heard.words

    async def _guess(self, heard: Recognised) -> None:
        if not heard.words and not self._fixed:
            return
        self._last = heard
        event = "Update" if self._started else "StartOfTurn"
        self._started = True
        await self._turn_info(event, heard, _UNLIKELY)

    async def _early(self, heard: Recognised) -> None:
        if not self._started:
            await self._guess(heard)
        self._last = heard
        if self._query.eager_eot_threshold is not None:
            await self._eager_end(heard, self._query.eager_eot_threshold)

    async def _eager_end(self, heard: Recognised, threshold: float) -> None:
        self._was_eager = True
        await self._turn_info("EagerEndOfTurn", heard, (threshold + self._query.eot_threshold) / 2)

    async def _resumed(self) -> None:
        if self._was_eager:
            self._was_eager = False
            await self._turn_info("TurnResumed", self._last, _UNLIKELY)

    async def _final(self, heard: Recognised, asked_for: bool) -> None:
        if heard.words or self._fixed or self._started:
            # What was guessed and then not recognised is still a turn that began, and has to end.
            heard = heard if heard.words or self._fixed else replace(self._last, heard_ms=heard.heard_ms)
            if not self._started:
                await self._guess(heard)
            await self._end_turn(heard, asked_for=asked_for)
            self._turn += 1
        self._started = self._was_eager = False
        self._last, self._fixed = _NONE, ()

    async def _end_turn(self, heard: Recognised, *, asked_for: bool) -> None:
        threshold = self._query.eot_threshold
        if asked_for:
            await self._turn_info("EndOfTurn", heard, _UNLIKELY, trigger="manual")
        elif self._query.by_timeout_only:
            await self._turn_info("EndOfTurn", heard, _UNLIKELY, trigger="timeout")
        else:
            if self._query.eager_eot_threshold is not None and not self._was_eager:
                await self._eager_end(heard, self._query.eager_eot_threshold)
            await self._turn_info("EndOfTurn", heard, (1 + threshold) / 2, trigger="model")

    async def _turn_info(self, event: str, heard: Recognised, confidence: float, **more: str) -> None:
        words = (*self._fixed, *heard.words)
        await self._say(
            {
                "type": "TurnInfo",
                "event": event,
                "turn_index": self._turn,
                "audio_window_start": self._turn_began_ms / 1000,
                "audio_window_end": heard.heard_ms / 1000,
                "transcript": " ".join(word.text for word in words),
                "words": [_word(word) for word in words],
                "end_of_turn_confidence": confidence,
                **more,
            }
        )

    async def _say(self, message: dict[str, Any]) -> None:
        # The vendor's Error alone bears no request_id.
        named = {} if message["type"] == "Error" else {"request_id": self._request_id}
        told = {**message, **named, "sequence_id": self._sequence}
        self._sequence += 1
        await self._send(told)


def _patience_ms(query: FluxQuery) -> float:
    return query.eot_timeout_ms if query.by_timeout_only else 0.0


def _thresholds(query: FluxQuery) -> dict[str, float]:
    """Those in force."""
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
