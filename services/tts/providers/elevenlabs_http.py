"""ElevenLabs via HTTP streaming, one request per clause; used when no WebSocket can be opened."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import cast

import httpx
from elevenlabs import AsyncElevenLabs, VoiceSettings
from elevenlabs.core.api_error import ApiError

from parley.agent_config import TtsConfig
from parley.audio.g711 import ms_to_bytes
from parley.errors import ProviderRejected, ProviderTimeout, ProviderUnavailable
from services.tts.providers import elevenlabs_wire as wire
from services.tts.providers.elevenlabs_account import ElevenLabsAccount
from services.tts.providers.elevenlabs_errors import PROVIDER, error_detail, map_status_error
from services.tts.providers.elevenlabs_parameters import OUTPUT_FORMAT, RequestParameters
from services.tts.settings import ElevenLabsSettings

_CHUNK_BYTES = ms_to_bytes(100)
_MAX_CHANGED_REQUESTS = 3
"""Number of times a clause is requested again without what the provider has refused."""
_TIMEOUT_FACTOR = 3.0


class HttpReply:
    """The requests of one reply: each contains the text before it, so that the intonation continues."""

    def __init__(self, client: AsyncElevenLabs, account: ElevenLabsAccount, config: TtsConfig) -> None:
        self._client = client
        self._account = account
        self._config = config
        self._previous_text = ""

    async def synthesize(self, text: str) -> AsyncGenerator[bytes]:
        """Request a clause, again if the provider names what it refuses and the next request avoids it.

        Raises:
            ProviderError: the provider refused the request or failed.
        """
        for attempt in range(_MAX_CHANGED_REQUESTS + 1):
            parameters = await self._account.parameters(self._config)
            try:
                async with aclosing(self._request(parameters, text)) as chunks:
                    async for chunk in chunks:
                        yield chunk
            except ProviderRejected as error:
                if attempt == _MAX_CHANGED_REQUESTS or not self._account.adapt(
                    self._config, parameters, error
                ):
                    raise
            else:
                break
        self._previous_text += text

    async def _request(self, parameters: RequestParameters, text: str) -> AsyncGenerator[bytes]:
        config = parameters.config
        optional = parameters.http_body(self._previous_text)
        if settings := parameters.voice_settings():
            optional["voice_settings"] = VoiceSettings.model_validate(settings)
        # The SDK declares an iterator, but returns a generator; closing it ends the request.
        response = cast(
            "AsyncGenerator[bytes]",
            self._client.text_to_speech.stream(
                config.voice,
                text=text,
                model_id=config.model,
                output_format=OUTPUT_FORMAT,
                request_options={"chunk_size": _CHUNK_BYTES, "max_retries": 0},
                **optional,
            ),
        )
        try:
            async with aclosing(response) as chunks:
                async for chunk in chunks:
                    yield chunk
        except ApiError as error:
            detail = error_detail(error.body)
            raise map_status_error(error.status_code or 0, detail, config.voice) from None
        except httpx.TimeoutException as error:
            raise ProviderTimeout(PROVIDER, f"HTTP: {type(error).__name__}") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ProviderUnavailable(PROVIDER, f"HTTP: {error!r}") from None


def sdk_client(settings: ElevenLabsSettings, client: httpx.AsyncClient) -> AsyncElevenLabs:
    """Build the SDK's client over an HTTP client."""
    return AsyncElevenLabs(
        api_key=settings.elevenlabs_api_key.get_secret_value(),
        base_url=wire.http_base_url(settings.elevenlabs_url),
        timeout=settings.tts_first_audio_timeout_s * _TIMEOUT_FACTOR,
        httpx_client=client,
    )


@asynccontextmanager
async def open_http_client(settings: ElevenLabsSettings) -> AsyncIterator[httpx.AsyncClient]:
    """Open an HTTP client; its time limits are the ceilings of the learned ones."""
    timeout = httpx.Timeout(
        settings.tts_first_audio_timeout_s * _TIMEOUT_FACTOR,
        connect=settings.tts_connect_timeout_s * _TIMEOUT_FACTOR,
    )
    async with httpx.AsyncClient(timeout=timeout, follow_redirects=False) as client:
        yield client
