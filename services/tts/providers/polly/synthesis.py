"""Synthesizes a clause by a streamed request to Polly."""

from collections.abc import AsyncGenerator
from typing import Any

from parley.agent_config import TtsConfig
from parley.audio.g711 import ms_to_bytes
from services.tts.providers.polly.errors import SDK_ERRORS, map_error
from services.tts.providers.polly.request import synthesis_request

_CHUNK_BYTES = ms_to_bytes(100)


async def synthesize(client: Any, config: TtsConfig, text: str) -> AsyncGenerator[bytes]:
    """Yield the audio of a clause; exiting early closes the request's connection.

    Raises:
        ProviderError: Polly refused the request or failed.
    """
    try:
        response = await client.synthesize_speech(**synthesis_request(config, text))
        async with response["AudioStream"] as stream:
            async for chunk in stream.iter_chunks(_CHUNK_BYTES):
                yield chunk
    except SDK_ERRORS as error:
        raise map_error(error) from None
