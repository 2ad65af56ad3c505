"""A warm socket per call: how it is had, and had again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr

from parley.agent_config import TtsConfig
from parley.errors import ProviderError, ProviderRejected, ProviderTimeout, ProviderUnavailable
from services.tts.providers.elevenlabs import Account, SocketVoice
from tests.integration.tts_provider import Provider, running_provider, sound_of


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    """A provider that does as it is told."""
    async with running_provider() as running:
        yield running


@asynccontextmanager
async def a_voice(url: str) -> AsyncIterator[SocketVoice]:
    """A voice whose socket is kept open."""
    account = Account(url, SecretStr("key"), connect_timeout_s=0.5, late_after_s=1, keep_alive_s=15)
    voice = SocketVoice(account, TtsConfig(), "CA1")
    async with asyncio.TaskGroup() as tasks:
        keeping = tasks.create_task(voice.keep_open())
        yield voice
        keeping.cancel()


async def spoken(voice: SocketVoice, text: str) -> bytes:
    """A reply of one clause."""
    async with voice.open_stream("r1") as reply:
        await reply.send_text(text)
        await reply.end_input()
        return b"".join([piece.mulaw async for piece in reply.audio()])


async def test_the_socket_is_open_before_it_is_needed(provider: Provider) -> None:
    """Nobody has asked for a word yet."""
    async with a_voice(provider.url), asyncio.timeout(5):
        while not provider.sockets:  # noqa: ASYNC110 - the provider has no event for it
            await asyncio.sleep(0.01)


async def test_a_reply_may_come_before_the_socket_is_open(provider: Provider) -> None:
    """It waits."""
    async with a_voice(provider.url) as voice:
        assert await spoken(voice, "Hi.") == sound_of("Hi.")


async def test_a_lost_socket_is_replaced_at_once(provider: Provider) -> None:
    """The next try finds a new one."""
    provider.break_after_pieces = 1
    async with a_voice(provider.url) as voice:
        with pytest.raises(ProviderUnavailable):
            await spoken(voice, "Hello.")
        assert await spoken(voice, "Hello.") == sound_of("Hello.")
    assert provider.sockets == 2


async def test_a_refused_key_is_told_without_asking_again(provider: Provider) -> None:
    """However many replies want to be spoken."""
    provider.refuse_socket = 401
    async with a_voice(provider.url) as voice:
        for _ in range(3):
            with pytest.raises(ProviderRejected, match="invalid_api_key"):
                await spoken(voice, "Hello.")
    assert len(provider.headers) == 1


async def test_a_provider_that_does_not_answer_is_late() -> None:
    """The connection is made, the upgrade never answered."""

    async def never(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            writer.close()

    server = await asyncio.start_server(never, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with a_voice(f"http://127.0.0.1:{port}") as voice:
        with pytest.raises(ProviderTimeout):
            await spoken(voice, "Hello.")
    server.close()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://[", "http://"])
async def test_a_wrong_address_is_told(url: str) -> None:
    """As a failure of the provider, not of ours."""
    async with a_voice(url) as voice:
        with pytest.raises(ProviderError):
            await spoken(voice, "Hello.")
