"""A warm WebSocket per call that opens early and is replaced when it is lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from pydantic import SecretStr

from parley.agent_config import TtsConfig
from parley.errors import ProviderError, ProviderRejected, ProviderTimeout, ProviderUnavailable
from parley.providers.registry import ProviderContext
from services.tts.providers.elevenlabs_account import ElevenLabsAccount
from services.tts.providers.elevenlabs_parameters import RefusedParameters
from services.tts.providers.elevenlabs_transport import WebSocketTransport
from services.tts.providers.elevenlabs_voices import VoiceDirectory
from services.tts.settings import ElevenLabsSettings
from tests.eventually import eventually
from tests.integration.tts_provider import Provider, audio_of, running_provider
from tests.tcp_server import tcp_server
from tests.unit.parley.providers.doubles import make_telemetry


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    """A provider that fails as planned."""
    async with running_provider() as running:
        yield running


@asynccontextmanager
async def open_transport(url: str) -> AsyncIterator[WebSocketTransport]:
    """A transport that maintains its WebSocket."""
    settings = ElevenLabsSettings.model_construct(
        elevenlabs_url=url,
        elevenlabs_api_key=SecretStr("key"),
        tts_connect_timeout_s=0.5,
        tts_keep_alive_s=15.0,
    )
    limits = ProviderContext(make_telemetry()).limits
    async with httpx.AsyncClient() as client, asyncio.TaskGroup() as tasks:
        account = ElevenLabsAccount(settings, VoiceDirectory(client, url, "key"), RefusedParameters(), limits)
        transport = WebSocketTransport(account, TtsConfig(voice="voice-1"), "CA1")
        maintaining = tasks.create_task(transport.maintain())
        yield transport
        maintaining.cancel()


async def synthesize(transport: WebSocketTransport, text: str) -> bytes:
    """The audio of a reply with one clause."""
    async with transport.open_stream("r1") as stream:
        await stream.send_text(text)
        await stream.end_input()
        return b"".join([chunk.audio async for chunk in stream.audio()])


async def test_the_websocket_opens_before_the_first_reply(provider: Provider) -> None:
    """The WebSocket is open although no text has been sent."""
    async with open_transport(provider.url):
        await eventually(lambda: provider.websockets)


async def test_a_reply_waits_for_the_websocket(provider: Provider) -> None:
    """The first reply may start before the WebSocket is open."""
    async with open_transport(provider.url) as transport:
        assert await synthesize(transport, "Hi.") == audio_of("Hi.")


async def test_a_lost_websocket_is_replaced_at_once(provider: Provider) -> None:
    """The next attempt uses a new WebSocket."""
    provider.break_after_chunks = 1
    async with open_transport(provider.url) as transport:
        with pytest.raises(ProviderUnavailable):
            await synthesize(transport, "Hello.")
        assert await synthesize(transport, "Hello.") == audio_of("Hello.")
    assert provider.websockets == 2


async def test_a_rejected_key_is_not_tried_by_each_reply(provider: Provider) -> None:
    """Replies fail without a request to the provider."""
    provider.reject_websocket = 401
    async with open_transport(provider.url) as transport:
        for _ in range(3):
            with pytest.raises(ProviderRejected, match="invalid_api_key"):
                await synthesize(transport, "Hello.")
    assert len(provider.headers) == 1


async def test_a_provider_that_does_not_respond_times_out() -> None:
    """The TCP connection opens, but the upgrade gets no response."""

    async def never(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with tcp_server(never) as port, open_transport(f"http://127.0.0.1:{port}") as transport:
        with pytest.raises(ProviderTimeout):
            await synthesize(transport, "Hello.")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://[", "http://"])
async def test_a_wrong_address_is_a_failure_of_the_provider(url: str) -> None:
    """Unreachable and malformed addresses fail in the same way."""
    async with open_transport(url) as transport:
        with pytest.raises(ProviderError):
            await synthesize(transport, "Hello.")
