"""ElevenLabs' voice over HTTP streaming, a request per clause: the way when no socket can be had."""

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
from services.tts.alignment import weight
from services.tts.providers import elevenlabs_wire as wire
from services.tts.providers.elevenlabs import Account

_CHUNK_BYTES = ms_to_bytes(100)
_MOST_CLAUSES = 1000
_REFUSED_WAIT_S = 5.0
"""A refused key is not asked about more often."""


class HttpUtterance:
    """One reply: an Utterance."""

    def __init__(self, client: AsyncElevenLabs, speaking: TtsConfig) -> None:
        self._client = client
        self._speaking = speaking
        self._clauses: asyncio.Queue[str | None] = asyncio.Queue(_MOST_CLAUSES)
        self._said = ""

    async def send_text(self, text: str) -> None:
        """Speak a clause after those before it."""
        await self._clauses.put(text)

    async def end_input(self) -> None:
        """No further clause comes."""
        await self._clauses.put(None)

    async def audio(self) -> AsyncGenerator[AudioChunk, None]:
        """Sound in order, clause by clause."""
        while (text := await self._clauses.get()) is not None:
            sounded = False
            try:
                async with aclosing(self._request(text)) as pieces:
                    async for piece in pieces:
                        sounded = True
                        yield AudioChunk(piece)
            except ApiError as refused:
                raise wire.error_of_status(refused.status_code or 0, wire.detail_of(refused.body)) from None
            except httpx.TimeoutException as late:
                raise ProviderTimeout(wire.PROVIDER, f"HTTP: {type(late).__name__}") from None
            except (httpx.HTTPError, httpx.InvalidURL) as broken:
                raise ProviderUnavailable(wire.PROVIDER, f"HTTP: {broken!r}") from None
            if not sounded and weight(text):
                raise ProviderUnavailable(wire.PROVIDER, "HTTP: a clause without a sound")
            self._said += text
            yield AudioChunk(b"", ends_clause=True)

    def _request(self, text: str) -> AsyncGenerator[bytes, None]:
        speaking = self._speaking
        optional = {"language_code": speaking.language} if speaking.language else {}
        if self._said:
            optional["previous_text"] = self._said
        pieces = self._client.text_to_speech.stream(
            speaking.voice,
            text=text,
            model_id=speaking.model,
            output_format=wire.OUTPUT_FORMAT,
            voice_settings=VoiceSettings(
                stability=speaking.stability, similarity_boost=speaking.similarity, speed=speaking.speed
            ),
            request_options={"chunk_size": _CHUNK_BYTES, "max_retries": 0},
            **optional,
        )
        # It is one, though it is declared as less; closing it is what ends the request.
        return cast("AsyncGenerator[bytes, None]", pieces)


class HttpVoice:
    """A Voice. One per call; the client beneath is the process's."""

    def __init__(self, client: AsyncElevenLabs, speaking: TtsConfig) -> None:
        self._client = client
        self._speaking = speaking
        self._refusal: ProviderRejected | None = None
        self._refused_at = 0.0

    @asynccontextmanager
    async def open_stream(self, reply_id: str) -> AsyncIterator[HttpUtterance]:  # noqa: ARG002 - HTTP needs no name
        """Begin a reply.

        Raises:
            ProviderRefused: the provider refused less than five seconds ago.
        """
        now = asyncio.get_running_loop().time()
        if self._refusal is not None and now - self._refused_at < _REFUSED_WAIT_S:
            raise ProviderRejected(self._refusal.provider, self._refusal.reason)
        try:
            yield HttpUtterance(self._client, self._speaking)
        except ProviderRejected as refusal:
            self._refusal, self._refused_at = refusal, asyncio.get_running_loop().time()
            raise


@asynccontextmanager
async def open_client(account: Account) -> AsyncIterator[AsyncElevenLabs]:
    """The provider's client, with our patience."""
    timeout = httpx.Timeout(account.late_after_s, connect=account.connect_timeout_s)
    async with httpx.AsyncClient(timeout=timeout, follow_redirects=False) as transport:
        yield AsyncElevenLabs(
            api_key=account.key.get_secret_value(),
            base_url=account.base_url.rstrip("/") or None,
            timeout=account.late_after_s,
            httpx_client=transport,
        )
