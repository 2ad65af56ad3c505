"""ElevenLabs as a text-to-speech provider, via one WebSocket per call or via HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from elevenlabs import AsyncElevenLabs

from parley.agent_config import TtsConfig
from parley.providers.registry import ProviderContext, ProviderPlugin
from parley.providers.tts import TextSupport, TtsConnection
from parley.settings import read_settings
from services.tts.providers.clause_requests import ClauseRequests
from services.tts.providers.elevenlabs_account import ElevenLabsAccount
from services.tts.providers.elevenlabs_errors import PROVIDER
from services.tts.providers.elevenlabs_facts import FACTS
from services.tts.providers.elevenlabs_http import HttpReply, open_http_client, sdk_client
from services.tts.providers.elevenlabs_models import capabilities
from services.tts.providers.elevenlabs_parameters import (
    ElevenLabsOptions,
    RefusedParameters,
    RequestParameters,
)
from services.tts.providers.elevenlabs_transport import WebSocketTransport
from services.tts.providers.elevenlabs_voices import VoiceDirectory
from services.tts.providers.elevenlabs_wire import http_base_url
from services.tts.settings import ElevenLabsSettings


class ElevenLabsProvider:
    """ElevenLabs' client for all calls of a process."""

    def __init__(self, account: ElevenLabsAccount, client: AsyncElevenLabs) -> None:
        self._account = account
        self._client = client

    @asynccontextmanager
    async def connect(self, config: TtsConfig, call_sid: str) -> AsyncIterator[TtsConnection]:
        """Prepare for one call; a WebSocket opens in the background."""
        if not RequestParameters(config).websocket:
            yield ClauseRequests(PROVIDER, lambda: HttpReply(self._client, self._account, config).synthesize)
            return
        transport = WebSocketTransport(self._account, config, call_sid)
        async with asyncio.TaskGroup() as tasks:
            maintaining = tasks.create_task(transport.maintain(), name="maintain the ElevenLabs WebSocket")
            yield transport
            maintaining.cancel()


@asynccontextmanager
async def _open(context: ProviderContext) -> AsyncIterator[ElevenLabsProvider]:
    settings = read_settings(ElevenLabsSettings)
    async with open_http_client(settings) as client:
        key = settings.elevenlabs_api_key.get_secret_value()
        voices = VoiceDirectory(client, http_base_url(settings.elevenlabs_url), key)
        account = ElevenLabsAccount(settings, voices, RefusedParameters(), context.limits)
        yield ElevenLabsProvider(account, sdk_client(settings, client))


def text_support(config: TtsConfig) -> TextSupport:
    """Return what the model of a section reads by itself."""
    model = capabilities(config.model)
    options = config.options
    return TextSupport(
        numbers=model.numbers or options.get("apply_text_normalization") in ("on", True),
        ssml=model.ssml and bool(options.get("ssml", False)),
        audio_tags=model.audio_tags,
    )


PLUGIN = ProviderPlugin(
    _open,
    options=ElevenLabsOptions,
    alternatives=({"options": {"transport": "http"}},),
    text_support=text_support,
    facts=FACTS,
)
"""Entry point `elevenlabs`. HTTP is used when no WebSocket can be opened."""
