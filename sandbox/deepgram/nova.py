"""`/v1/listen`: Results, SpeechStarted, UtteranceEnd, Metadata; KeepAlive, Finalize, CloseStream."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.deepgram.recogniser import Recogniser, Word
from sandbox.deepgram.settings import DeepgramSandboxSettings
from sandbox.deepgram.stream import Ears, Recognised, SoundStream
from sandbox.stand_in import Dials, Journal

_SILENT_RESULT_MS = 5000
"""An empty final result comes at least this often."""

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Nova:
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
        self._query = query
        self._send = send
        self._request_id = str(uuid.uuid4())
        self._final_ms = 0.0
        self._last_word_end_ms = 0.0
        self._utterance_open = False
        ears = Ears(self._speech_started, self._guess, _nothing, _never, self._final)
        endpointing = query.get("endpointing", "10")
        self._endpointing = endpointing != "false"
        endpointing_ms = float(endpointing) if endpointing.isdigit() else 0.0
        tag = query.get("tag", "")
        self._stream = SoundStream(recogniser, ears, dials, journal, tag, endpointing_ms, tasks)

    async def greet(self) -> None:
        """Nova says nothing at first."""

    async def sound(self, data: bytes) -> None:
        """Binary message."""
        await self._stream.hear(data)
        finder = self._stream.finder
        if finder.speech is None and finder.heard_ms - self._final_ms >= _SILENT_RESULT_MS:
            await self._results(Recognised((), finder.heard_ms), is_final=True, speech_final=False)
        gap_ms = float(self._query.get("utterance_end_ms", "0"))
        if gap_ms and self._utterance_open and finder.heard_ms - self._last_word_end_ms >= gap_ms:
            self._utterance_open = False
            end_s = self._last_word_end_ms / 1000
            await self._send({"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": end_s})

    async def message(self, message: Mapping[str, Any]) -> bool:
        """Text message; False when the socket shall be closed."""
        match message.get("type"):
            case "Finalize":
                await self._stream.finalize()
            case "CloseStream":
                await self._stream.finalize()
                await self._metadata()
                return False
            case "KeepAlive" | "Configure":
                pass
            case other:
                await self._send(
                    {
                        "type": "Error",
                        "variant": "SchemaError",
                        "description": f"Could not deserialize last text message: unknown type {other!r}.",
                        "message": "",
                    }
                )
        return True

    async def _speech_started(self, at_ms: float) -> None:
        if self._query.get("vad_events") == "true":
            await self._send({"type": "SpeechStarted", "channel": [0, 1], "timestamp": at_ms / 1000})

    async def _guess(self, heard: Recognised) -> None:
        if self._query.get("interim_results") == "true":
            await self._results(heard, is_final=False, speech_final=False)

    async def _final(self, heard: Recognised, asked_for: bool) -> None:
        if heard.words:
            self._last_word_end_ms = heard.words[-1].end_ms
            self._utterance_open = True
        speech_final = self._endpointing and not asked_for
        await self._results(heard, is_final=True, speech_final=speech_final, from_finalize=asked_for)

    async def _results(
        self, heard: Recognised, *, is_final: bool, speech_final: bool, from_finalize: bool = False
    ) -> None:
        start_ms = self._final_ms
        if is_final:
            self._final_ms = heard.heard_ms
        confidence = min((word.confidence for word in heard.words), default=0.0)
        alternative = {
            "transcript": heard.transcript,
            "confidence": confidence,
            "words": [_word(word) for word in heard.words],
        }
        await self._send(
            {
                "type": "Results",
                "channel_index": [0, 1],
                "duration": (heard.heard_ms - start_ms) / 1000,
                "start": start_ms / 1000,
                "is_final": is_final,
                "speech_final": speech_final,
                "from_finalize": from_finalize,
                "channel": {"alternatives": [alternative]},
                "metadata": {
                    "request_id": self._request_id,
                    "model_info": {"name": "sandbox", "version": "1", "arch": self._query.get("model", "")},
                    "model_uuid": str(uuid.UUID(int=1)),
                },
            }
        )

    async def _metadata(self) -> None:
        await self._send(
            {
                "type": "Metadata",
                "transaction_key": "deprecated",
                "request_id": self._request_id,
                "sha256": "0" * 64,
                "created": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
                "duration": self._stream.finder.heard_ms / 1000,
                "channels": 1,
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


async def _nothing(_heard: Recognised) -> None:
    pass


async def _never() -> None:
    pass
