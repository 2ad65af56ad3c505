"""`/v1/listen`: Results, SpeechStarted, UtteranceEnd, Metadata; KeepAlive, Finalize, CloseStream."""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.deepgram.query import BadQuery, Query, read_keyterms, read_nova
from sandbox.deepgram.recogniser import Recogniser, Word
from sandbox.deepgram.settings import DeepgramSandboxSettings
from sandbox.deepgram.stream import Ears, Recognised, SoundStream
from sandbox.emulator import Journal, RuntimeSettings

_SILENT_RESULT_MS = 5000
"""An empty final result comes at least this often."""

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Nova:
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
        self._query = read_nova(query)
        self._send = send
        self._request_id = str(uuid.uuid4())
        self._final_ms = 0.0
        self._last_word_end_ms = 0.0
        self._utterance_open = False
        ears = Ears(self._speech_started, self._guess, self._guess, _never, self._piece, self._final)
        patience_ms = self._query.endpointing_ms or 0.0
        tag = dict(query).get("tag", "")
        self._stream = SoundStream(recogniser, ears, dials, journal, tag, patience_ms, tasks)

    async def greet(self) -> None:
        """Nova says nothing at first."""

    async def sound(self, data: bytes) -> None:
        """Binary message."""
        await self._stream.hear(data)
        finder = self._stream.finder
        if finder.speech is None and finder.heard_ms - self._final_ms >= _SILENT_RESULT_MS:
            await self._results(Recognised((), finder.heard_ms), is_final=True, speech_final=False)
        await self._maybe_utterance_end()

    async def _maybe_utterance_end(self) -> None:
        gap_ms, finder = self._query.utterance_end_ms, self._stream.finder
        if not gap_ms or not self._utterance_open:
            return
        # A voice in hand may hold the next word: then the gap has ended where it began.
        gap_end_ms = finder.speech.voice_start_ms if finder.speech else finder.heard_ms
        if gap_end_ms - self._last_word_end_ms >= gap_ms:
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
            case "KeepAlive":
                pass
            case "Configure":
                await self._configure(message)
            case other:
                await self._send(
                    {
                        "type": "Error",
                        "variant": "SchemaError",
                        "description": f"Could not deserialize last text message: unknown type {other!r}.",
                        "message": json.dumps(message),
                    }
                )
        return True

    async def _configure(self, message: Mapping[str, Any]) -> None:
        """Keyterms change nothing of what is heard here, but are answered as the vendor answers them."""
        reply: dict[str, Any] = {"type": "ConfigureSuccess", "request_id": self._request_id}
        keyterms = message.get("keyterms")
        try:
            if keyterms is not None and not self._query.model.startswith("nova-3"):
                code, reason = "CONFIGURE_KEYTERMS_NOT_SUPPORTED", "Only Nova-3 takes keyterms."
                reply |= {"type": "ConfigureFailure", "code": code, "description": reason}
            elif keyterms is not None:
                reply["keyterms"] = list(read_keyterms(keyterms))
        except BadQuery as error:
            code = "CONFIGURE_KEYTERM_LIMIT_EXCEEDED"
            reply |= {"type": "ConfigureFailure", "code": code, "description": str(error)}
        await self._send(reply)

    async def _speech_started(self, at_ms: float) -> None:
        if self._query.vad_events:
            await self._send({"type": "SpeechStarted", "channel": [0, 1], "timestamp": at_ms / 1000})

    async def _guess(self, heard: Recognised) -> None:
        if self._query.interim_results:
            await self._results(heard, is_final=False, speech_final=False)

    async def _piece(self, heard: Recognised) -> None:
        self._fix(heard)
        await self._results(heard, is_final=True, speech_final=False)

    async def _final(self, heard: Recognised, asked_for: bool) -> None:
        self._fix(heard)
        speech_final = self._query.endpointing_ms is not None and not asked_for
        await self._results(heard, is_final=True, speech_final=speech_final, from_finalize=asked_for)

    def _fix(self, heard: Recognised) -> None:
        if heard.words:
            self._last_word_end_ms = heard.words[-1].end_ms
            self._utterance_open = True

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
                    "model_info": {"name": "sandbox", "version": "1", "arch": self._query.model},
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


async def _never() -> None:
    pass
