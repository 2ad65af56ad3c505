"""ElevenLabs as a text-to-speech provider, via one WebSocket per call or via HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from elevenlabs import AsyncElevenLabs
from pydantic import BaseModel

from parley.agent_config import TtsConfig
from parley.providers.registry import ProviderContext, ProviderPlugin
from parley.providers.tts import TextSupport, TtsConnection
from parley.settings import read_settings
from services.tts.providers.elevenlabs_http import HttpTransport, open_client
from services.tts.providers.elevenlabs_transport import WebSocketTransport
from services.tts.settings import ElevenLabsSettings


class ElevenLabsOptions(BaseModel, extra="forbid"):
    """`tts.options` in the agent file."""

    transport: Literal["websocket", "http"] = "websocket"


class ElevenLabsProvider:
    """ElevenLabs' client for all calls of a process."""

    def __init__(self, settings: ElevenLabsSettings, client: AsyncElevenLabs) -> None:
        self._settings = settings
        self._client = client

    @asynccontextmanager
    async def connect(self, config: TtsConfig, call_sid: str) -> AsyncIterator[TtsConnection]:
        """Prepare for one call; a WebSocket opens in the background."""
        if ElevenLabsOptions.model_validate(config.options).transport == "http":
            yield HttpTransport(self._client, config)
            return
        transport = WebSocketTransport(self._settings, config, call_sid)
        async with asyncio.TaskGroup() as tasks:
            maintaining = tasks.create_task(transport.maintain(), name="maintain the ElevenLabs WebSocket")
            yield transport
            maintaining.cancel()


@asynccontextmanager
async def _open(_context: ProviderContext) -> AsyncIterator[ElevenLabsProvider]:
    settings = read_settings(ElevenLabsSettings)
    async with open_client(settings) as client:
        yield ElevenLabsProvider(settings, client)


_READS_NUMBERS = ("eleven_multilingual", "eleven_v3", "eleven_v4")
"""Models that normalize numbers themselves; flash and turbo models do not."""
_TAKES_AUDIO_TAGS = ("eleven_v3", "eleven_v4")


def text_support(config: TtsConfig) -> TextSupport:
    """Return what the model of a section reads by itself."""
    return TextSupport(
        numbers=config.model.startswith(_READS_NUMBERS),
        ssml=bool(config.options.get("ssml", False)),
        audio_tags=config.model.startswith(_TAKES_AUDIO_TAGS),
    )


PLUGIN = ProviderPlugin(
    _open,
    options=ElevenLabsOptions,
    alternatives=({"options": {"transport": "http"}},),
    text_support=text_support,
)
"""Entry point `elevenlabs`. HTTP is used when no WebSocket can be opened."""
