"""ElevenLabs via HTTP streaming, one request per clause; used when no WebSocket can be opened."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import cast

import httpx
from elevenlabs import AsyncElevenLabs, VoiceSettings
from elevenlabs.core.api_error import ApiError

from parley.agent_config import TtsConfig
from parley.audio.g711 import ms_to_bytes
from parley.errors import ProviderRejected, ProviderTimeout, ProviderUnavailable
from parley.providers.tts import AudioChunk
from services.tts.alignment import alnum_count
from services.tts.providers import elevenlabs_wire as wire
from services.tts.settings import ElevenLabsSettings

_CHUNK_BYTES = ms_to_bytes(100)
_MAX_CLAUSES = 1000
_REJECTED_RETRY_INTERVAL_S = 5.0
"""Minimum time between two attempts with a rejected key."""


class HttpStream:
    """The synthesis of one reply; implements SynthesisStream."""

    def __init__(self, client: AsyncElevenLabs, config: TtsConfig) -> None:
        self._client = client
        self._config = config
        self._clauses: asyncio.Queue[str | None] = asyncio.Queue(_MAX_CLAUSES)
        self._previous_text = ""

    async def send_text(self, text: str) -> None:
        """Synthesize a clause after those before it."""
        await self._clauses.put(text)

    async def end_input(self) -> None:
        """Signal the end of the text."""
        await self._clauses.put(None)

    async def audio(self) -> AsyncGenerator[AudioChunk]:
        """Yield audio in order, clause by clause."""
        while (text := await self._clauses.get()) is not None:
            has_audio = False
            try:
                async with aclosing(self._request(text)) as chunks:
                    async for chunk in chunks:
                        has_audio = True
                        yield AudioChunk(chunk)
            except ApiError as error:
                detail = wire.error_detail(error.body)
                raise wire.map_status_error(error.status_code or 0, detail) from None
            except httpx.TimeoutException as error:
                raise ProviderTimeout(wire.PROVIDER, f"HTTP: {type(error).__name__}") from None
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise ProviderUnavailable(wire.PROVIDER, f"HTTP: {error!r}") from None
            if not has_audio and alnum_count(text):
                raise ProviderUnavailable(wire.PROVIDER, "HTTP: a clause without audio")
            self._previous_text += text
            yield AudioChunk(b"", ends_clause=True)

    def _request(self, text: str) -> AsyncGenerator[bytes]:
        config = self._config
        optional = {"language_code": config.language} if config.language else {}
        if self._previous_text:
            optional["previous_text"] = self._previous_text
        chunks = self._client.text_to_speech.stream(
            config.voice,
            text=text,
            model_id=config.model,
            output_format=wire.OUTPUT_FORMAT,
            voice_settings=VoiceSettings(
                stability=config.stability, similarity_boost=config.similarity, speed=config.speed
            ),
            request_options={"chunk_size": _CHUNK_BYTES, "max_retries": 0},
            **optional,
        )
        # The SDK declares an iterator, but returns a generator; closing it ends the request.
        return cast("AsyncGenerator[bytes]", chunks)


class HttpTransport:
    """A TtsConnection for one call; all calls share the client."""

    def __init__(self, client: AsyncElevenLabs, config: TtsConfig) -> None:
        self._client = client
        self._config = config
        self._rejection: ProviderRejected | None = None
        self._rejected_at_s = 0.0

    @asynccontextmanager
    async def open_stream(self, reply_id: str) -> AsyncIterator[HttpStream]:  # noqa: ARG002 - HTTP has no contexts
        """Begin a reply.

        Raises:
            ProviderRejected: the provider rejected a request less than 5 s ago.
        """
        now = asyncio.get_running_loop().time
        if self._rejection is not None and now() - self._rejected_at_s < _REJECTED_RETRY_INTERVAL_S:
            raise ProviderRejected(self._rejection.provider, self._rejection.reason)
        try:
            yield HttpStream(self._client, self._config)
        except ProviderRejected as error:
            self._rejection, self._rejected_at_s = error, now()
            raise


@asynccontextmanager
async def open_client(settings: ElevenLabsSettings) -> AsyncIterator[AsyncElevenLabs]:
    """Open the SDK's client with Parley's timeouts."""
    timeout_s = settings.tts_first_audio_timeout_s
    timeout = httpx.Timeout(timeout_s, connect=settings.tts_connect_timeout_s)
    async with httpx.AsyncClient(timeout=timeout, follow_redirects=False) as transport:
        yield AsyncElevenLabs(
            api_key=settings.elevenlabs_api_key.get_secret_value(),
            base_url=settings.elevenlabs_url.rstrip("/") or None,
            timeout=timeout_s,
            httpx_client=transport,
        )
