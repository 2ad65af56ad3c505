"""Protocol of `/v1/listen`.

Messages sent: Results, SpeechStarted, UtteranceEnd, Metadata; received: KeepAlive, Finalize, CloseStream.
"""

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.deepgram.audio_format import AudioFormat
from sandbox.deepgram.invalid_query import InvalidQuery
from sandbox.deepgram.nova_channel import NovaChannel
from sandbox.deepgram.query import Query, read_keyterms, read_nova
from sandbox.deepgram.socket_context import SocketContext


class NovaSession:
    """Session of one `/v1/listen` socket."""

    def __init__(self, query: Query, context: SocketContext) -> None:
        self._query = read_nova(query)
        self._send = context.send
        self._request_id = str(uuid.uuid4())
        self._channels = [
            NovaChannel(number, self._query, self._request_id, context)
            for number in range(self._query.audio.transcribed_channels)
        ]

    @property
    def audio_format(self) -> AudioFormat:
        """Format of the audio that the client sends."""
        return self._query.audio

    async def open(self) -> None:
        """Do nothing: Nova sends no message until there is a result."""

    async def on_audio(self, audio: bytes, channel: int = 0) -> None:
        """Handle the mu-law of a channel."""
        await self._channels[channel].on_audio(audio)

    async def on_message(self, message: Mapping[str, Any]) -> bool:
        """Handle a text message; returns False if the socket must be closed."""
        match message.get("type"):
            case "Finalize":
                await self._finalize(message.get("channel"))
            case "CloseStream":
                await self._finalize(None)
                await self._send_metadata()
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
        """Answer as Deepgram does; keyterms do not change what the emulator recognises."""
        reply: dict[str, Any] = {"type": "ConfigureSuccess", "request_id": self._request_id}
        keyterms = message.get("keyterms")
        try:
            if keyterms is not None and not self._query.model.startswith("nova-3"):
                code, reason = "CONFIGURE_KEYTERMS_NOT_SUPPORTED", "Only Nova-3 takes keyterms."
                reply |= {"type": "ConfigureFailure", "code": code, "description": reason}
            elif keyterms is not None:
                reply["keyterms"] = list(read_keyterms(keyterms))
        except InvalidQuery as error:
            code = "CONFIGURE_KEYTERM_LIMIT_EXCEEDED"
            reply |= {"type": "ConfigureFailure", "code": code, "description": str(error)}
        await self._send(reply)

    async def _finalize(self, number: object) -> None:
        """Finalize one channel, or all."""
        for index, channel in enumerate(self._channels):
            if number in (None, index):
                await channel.finalize()

    async def _send_metadata(self) -> None:
        await self._send(
            {
                "type": "Metadata",
                "transaction_key": "deprecated",
                "request_id": self._request_id,
                "sha256": "0" * 64,
                "created": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
                "duration": self._channels[0].audio_ms / 1000,
                "channels": self._query.audio.channels,
            }
        )
