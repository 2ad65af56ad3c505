"""One reply by Polly: a streamed request per clause."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from parley.agent_config import TtsConfig
from parley.audio.g711 import ms_to_bytes
from parley.errors import ProviderUnavailable
from parley.providers.tts import AudioChunk
from services.tts.alignment import alnum_count
from services.tts.providers.polly.errors import SDK_ERRORS, map_error
from services.tts.providers.polly.models import PROVIDER
from services.tts.providers.polly.request import synthesis_request

_CHUNK_BYTES = ms_to_bytes(100)
_MAX_CLAUSES = 1000


class PollyStream:
    """One reply; implements SynthesisStream."""

    def __init__(self, client: Any, config: TtsConfig) -> None:
        self._client = client
        self._config = config
        self._clauses: asyncio.Queue[str | None] = asyncio.Queue(_MAX_CLAUSES)

    async def send_text(self, text: str) -> None:
        """Synthesize a clause after those before it."""
        await self._clauses.put(text)

    async def end_input(self) -> None:
        """Signal the end of the text."""
        await self._clauses.put(None)

    async def audio(self) -> AsyncGenerator[AudioChunk]:
        """Yield audio in order, clause by clause; exiting early closes the request's connection."""
        while (text := await self._clauses.get()) is not None:
            async with aclosing(self._synthesize(text)) as chunks:
                async for chunk in chunks:
                    yield AudioChunk(chunk)
            yield AudioChunk(b"", ends_clause=True)

    async def _synthesize(self, text: str) -> AsyncGenerator[bytes]:
        has_audio = False
        try:
            response = await self._client.synthesize_speech(**synthesis_request(self._config, text))
            async with response["AudioStream"] as stream:
                async for chunk in stream.iter_chunks(_CHUNK_BYTES):
                    has_audio = True
                    yield chunk
        except SDK_ERRORS as error:
            raise map_error(error) from None
        if not has_audio and alnum_count(text):
            raise ProviderUnavailable(PROVIDER, "a clause without audio")
